import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClosableEventStore, createEventStore, type EventStoreOptions } from '../../../src/adapters/events-file';
import type { FeedbackEvent } from '../../../src/learning/events';
import { recordingLog } from '../../support/adapters';

const DAY = 86_400_000;
const NOW = Date.parse('2026-05-01T00:00:00Z');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function event(decisionId: string, fields: Partial<FeedbackEvent> = {}): FeedbackEvent {
  return { at: NOW, decisionId, value: 1, source: 'button', surface: 'chat', route: 'bug_fixing', model: 'team', certainty: 1, ...fields };
}

const FORMS = [
  { form: 'SQLite', file: 'events.db', options: {} },
  { form: 'JSON lines', file: 'events.jsonl', options: { loadSqlite: async () => undefined } },
] satisfies { form: string; file: string; options: Partial<EventStoreOptions> }[];

describe.each(FORMS)('events in $form', ({ file, options }) => {
  const log = recordingLog();
  const open = (more: Partial<EventStoreOptions> = {}): ClosableEventStore => createEventStore({ folder, log, now: () => NOW, ...options, ...more });
  const ids = async (store: ClosableEventStore, limit = 1000) => (await store.recent(limit)).map(({ decisionId }) => decisionId);

  it('come back as they were, newest last, from another window too', async () => {
    const all = [event('a'), event('b', { route: undefined, model: undefined, value: 0, certainty: 0.3, source: 'accept', surface: 'inline' }), event('c', { at: NOW + 0.25, sureness: { mean: -0.25, least: -1.5 } })];
    const [first, second] = [open(), open()];
    for (const one of all) first.record(one);
    expect(await first.recent(10)).toEqual(all);
    expect(await second.recent(2)).toEqual(all.slice(1));
    await Promise.all([first.close(), second.close()]);
    const later = open();
    expect(await later.recent(10)).toEqual(all);
    await later.close();
    expect(readdirSync(folder)).toContain(file);
  });

  it('touch no disk before the first', async () => {
    await open().close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are pruned by age and by count', async () => {
    const store = open();
    store.record(event('old', { at: NOW - 200 * DAY }));
    for (const id of ['a', 'b', 'c', 'd']) store.record(event(id));
    await store.close();
    const pruned = open({ maxAgeDays: 180, maxEvents: 3 });
    expect(await ids(pruned)).toEqual(['b', 'c', 'd']);
    await pruned.close();
  });

  it('are written by close, and after it nothing happens', async () => {
    const store = open();
    store.record(event('a'));
    await store.close();
    store.record(event('b'));
    expect(await store.recent(5)).toEqual([]);
    const later = open();
    expect(await ids(later)).toEqual(['a']);
    await later.close();
  });

  it('that cannot be written are reported once and never thrown', async () => {
    writeFileSync(join(folder, 'in-the-way'), '');
    const quiet = recordingLog();
    const store = open({ folder: join(folder, 'in-the-way', 'below'), log: quiet });
    for (const id of ['a', 'b', 'c']) store.record(event(id));
    expect(await store.recent(5)).toEqual([]);
    await store.close();
    expect(quiet.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });
});

describe('events of earlier versions', () => {
  const OLD = `CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, decisionId TEXT NOT NULL, value REAL NOT NULL, source TEXT NOT NULL,
    surface TEXT NOT NULL, route TEXT, model TEXT, certainty REAL NOT NULL);
    INSERT INTO events (at, decisionId, value, source, surface, route, model, certainty) VALUES (${String(NOW)}, 'old', 1, 'button', 'chat', 'bug_fixing', 'team', 1);`;

  it('are read from a table without how sure the model was, by two windows that open it at once', async () => {
    const database = new DatabaseSync(join(folder, 'events.db'));
    database.exec(OLD);
    database.close();
    const log = recordingLog();
    const [first, second] = [1, 2].map(() => createEventStore({ folder, log, now: () => NOW })) as [ClosableEventStore, ClosableEventStore];
    expect(await Promise.all([first.recent(5), second.recent(5)])).toEqual([[event('old')], [event('old')]]);
    const told = event('new', { source: 'shown', surface: 'inline', sureness: { mean: -0.5, least: -2 } });
    first.record(told);
    expect(await second.recent(5)).toEqual([event('old'), told]);
    await Promise.all([first.close(), second.close()]);
    expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it('are read from lines without it, and from lines where it makes no sense', async () => {
    const odd = { ...event('odd'), sureness: { mean: 'very' } };
    writeFileSync(join(folder, 'events.jsonl'), [event('old'), odd].map((one) => `${JSON.stringify(one)}\n`).join(''));
    const store = createEventStore({ folder, log: recordingLog(), now: () => NOW, loadSqlite: async () => undefined });
    expect(await store.recent(5)).toEqual([event('old'), event('odd')]);
    await store.close();
  });
});

describe('a damaged database', () => {
  const open = (log = recordingLog()): ClosableEventStore => createEventStore({ folder, log, now: () => NOW });

  it('is set aside and reported, and a new one begins', async () => {
    writeFileSync(join(folder, 'events.db'), 'this is no database, and long enough for SQLite to see it'.repeat(100));
    const log = recordingLog();
    const store = open(log);
    store.record(event('a'));
    expect(await store.recent(5)).toEqual([event('a')]);
    await store.close();
    const kept = readdirSync(folder).find((name) => name.includes('damaged'));
    expect(readFileSync(join(folder, kept!), 'utf8')).toContain('this is no database');
    expect(log.lines.join('\n')).toContain('damaged');
  });

  it('that shows its damage only while in use is set aside too', async () => {
    const before = open();
    for (let index = 0; index < 2000; index += 1) before.record(event(`decision-${String(index)}`));
    await before.close();
    const log = recordingLog();
    const store = open(log);
    expect(await store.recent(1)).toHaveLength(1);
    const path = join(folder, 'events.db');
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096);
    writeFileSync(path, bytes);
    expect(await store.recent(2000)).toEqual([]);
    store.record(event('after'));
    expect(await store.recent(2000)).toEqual([event('after')]);
    await store.close();
    expect(log.lines.join('\n')).toContain('damaged');
    expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(true);
  });

  it('does not grow without end while it is open', async () => {
    const store = createEventStore({ folder, log: recordingLog(), now: () => NOW, maxEvents: 10 });
    for (let index = 0; index < 520; index += 1) store.record(event(String(index)));
    expect((await store.recent(1000)).length).toBeLessThan(50);
    await store.close();
  });

  it('holds rows that make no sense: they are left out', async () => {
    const store = open();
    store.record(event('good'));
    await store.close();
    const database = new DatabaseSync(join(folder, 'events.db'));
    database.exec(`INSERT INTO events (at, decisionId, value, source, surface, certainty) VALUES (1, 'bad', 1, 'gossip', 'chat', 1)`);
    database.close();
    const later = open();
    expect((await later.recent(5)).map(({ decisionId }) => decisionId)).toEqual(['good']);
    await later.close();
  });
});

describe('damaged JSON lines', () => {
  it('are left out and counted', async () => {
    writeFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(event('a'))}\n{"at": 1\n[]\n${JSON.stringify(event('b'))}\n`);
    const log = recordingLog();
    const store = createEventStore({ folder, log, now: () => NOW, loadSqlite: async () => undefined });
    expect((await store.recent(5)).map(({ decisionId }) => decisionId)).toEqual(['a', 'b']);
    expect(log.lines.join('\n')).toContain('2 lines');
  });
});
