import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedger, type ClosableLedger, type LedgerOptions } from '../../../src/adapters/ledger-file';
import type { LedgerRow } from '../../../src/router/spending/ledger';
import { recordingLog } from '../../support/adapters';
import { ledgerRow } from '../../support/ledger';

const DAY = 86_400_000;
const NOW = Date.parse('2026-05-05T12:00:00Z');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (decisionId: string, fields: Partial<LedgerRow> = {}): LedgerRow => ledgerRow({ at: NOW, decisionId, ...fields });
const ids = (rows: readonly LedgerRow[]): string[] => rows.map(({ decisionId }) => decisionId);

const FORMS = [
  { form: 'SQLite', file: 'ledger.db', options: {} },
  { form: 'JSON lines', file: 'ledger.jsonl', options: { loadSqlite: async () => undefined } },
] satisfies { form: string; file: string; options: Partial<LedgerOptions> }[];

describe.each(FORMS)('the ledger in $form', ({ file, options }) => {
  const open = (more: Partial<LedgerOptions> = {}): ClosableLedger => createLedger({ folder, log: recordingLog(), now: () => NOW, ...options, ...more });

  it('gives rows back as they were, every field of them', async () => {
    const all = [
      row('a', { conversation: 'c1', cachedInputTokens: 40, executed: 'other' }),
      row('b', { outcome: 'failed', code: 'rate_limited', route: undefined, costUsd: undefined, firstTokenMs: undefined, billable: false, measured: false }),
      row('c', { at: NOW + 0.25, surface: 'inline', outcome: 'cancelled', costUsd: 1.23e-5 }),
    ];
    const ledger = open();
    for (const one of all) ledger.record(one);
    expect(await ledger.rows(0)).toEqual(all);
    await ledger.close();
    const later = open();
    expect(await later.rows(NOW + 0.2)).toEqual(all.slice(2));
    await later.close();
    expect(readdirSync(folder)).toContain(file);
  });

  it('touches no disk before the first row, whoever looks', async () => {
    const ledger = open();
    expect([await ledger.rows(0), await ledger.others(0)]).toEqual([[], []]);
    await ledger.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells each window what the others did, once', async () => {
    const [mine, yours] = [open(), open()];
    mine.record(row('a'));
    yours.record(row('b', { at: NOW - 40 * DAY }));
    yours.record(row('c'));
    await yours.rows(0);
    expect(ids(await mine.others(NOW - DAY))).toEqual(['c']);
    expect(ids(await mine.others(NOW - DAY))).toEqual([]);
    expect(ids(await yours.others(NOW - DAY))).toEqual(['a']);
    yours.record(row('d'));
    await yours.rows(0);
    expect(ids(await mine.others(NOW - DAY))).toEqual(['d']);
    await Promise.all([mine.close(), yours.close()]);
    // A later session counts everything as done before.
    const later = open();
    expect(ids(await later.others(NOW - DAY))).toEqual(['a', 'c', 'd']);
    await later.close();
  });

  it('forgets what is old', async () => {
    const ledger = open();
    for (const [id, days] of [['old', 401], ['young', 399]] as const) ledger.record(row(id, { at: NOW - days * DAY }));
    await ledger.close();
    const later = open();
    expect(ids(await later.rows(0))).toEqual(['young']);
    await later.close();
  });

  it('that cannot be written is reported once and never thrown', async () => {
    writeFileSync(join(folder, 'in-the-way'), '');
    const log = recordingLog();
    const ledger = open({ folder: join(folder, 'in-the-way', 'below'), log });
    for (const id of ['a', 'b', 'c']) ledger.record(row(id));
    await ledger.close();
    expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });
});

describe('a damaged ledger', () => {
  it('is set aside and reported, and a new one begins', async () => {
    writeFileSync(join(folder, 'ledger.db'), 'this is no database, and long enough for SQLite to see it'.repeat(100));
    const log = recordingLog();
    const ledger = createLedger({ folder, log, now: () => NOW });
    ledger.record(row('a'));
    expect(ids(await ledger.rows(0))).toEqual(['a']);
    await ledger.close();
    const kept = readdirSync(folder).find((name) => name.includes('damaged'));
    expect(readFileSync(join(folder, kept!), 'utf8')).toContain('this is no database');
    expect(log.lines.join('\n')).toContain('the ledger of requests was damaged');
  });

  it('loses rows that make no sense, not the others', async () => {
    const ledger = createLedger({ folder, log: recordingLog(), now: () => NOW });
    ledger.record(row('good'));
    await ledger.close();
    const database = new DatabaseSync(join(folder, 'ledger.db'));
    database.exec(`UPDATE ledger SET outcome = 'odd'`);
    database.close();
    const later = createLedger({ folder, log: recordingLog(), now: () => NOW });
    later.record(row('next'));
    expect(ids(await later.rows(0))).toEqual(['next']);
    await later.close();
  });

  it('of JSON lines leaves half lines out and counts them', async () => {
    const log = recordingLog();
    writeFileSync(join(folder, 'ledger.jsonl'), `${JSON.stringify({ writer: 'w', ...row('a') })}\n{"at": 1\n`);
    const ledger = createLedger({ folder, log, now: () => NOW, loadSqlite: async () => undefined });
    expect(ids(await ledger.rows(0))).toEqual(['a']);
    expect(log.lines.join('\n')).toContain('1 lines');
  });
});
