// Keeps what users did with answers, in a folder on this machine: in SQLite where Node has it, else in a file of
// JSON lines. Opened with the first event, so that activation does not wait for the disk. Failing is logged once
// and never thrown: learning without memory is better than an editor that complains.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStore, FeedbackEvent } from '../learning/events';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { loadSqlite, type SqliteModule } from './database';
import { createLazyFile } from './lazy-file';
import { openJsonLinesEvents } from './events-jsonl';
import { openSqliteEvents } from './events-sqlite';
import type { EventFile, Limits } from './stored-events';

export interface EventStoreOptions {
  readonly folder: string;
  readonly log: Log;
  /** Events older than this go; 180 days when left out. */
  readonly maxAgeDays?: number;
  /** The newest this many stay; 50,000 when left out. */
  readonly maxEvents?: number;
  readonly now?: () => number;
  /** `node:sqlite`, or undefined on a Node without it; given by tests. */
  readonly loadSqlite?: () => Promise<SqliteModule | undefined>;
}

export interface ClosableEventStore extends EventStore {
  /** Resolves when everything recorded is on disk. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

export function createEventStore(options: EventStoreOptions): ClosableEventStore {
  const file = createLazyFile(() => openEvents(options), (error) => {
    options.log.warn(`feedback is not stored: ${messageOf(error)}`);
  });
  return {
    record: (event) => void file.use(undefined, (open) => open.add(event)),
    recent: (limit) => file.use<readonly FeedbackEvent[]>([], (open) => open.recent(limit)),
    close: () => file.close(),
  };
}

async function openEvents(options: EventStoreOptions): Promise<EventFile> {
  const { folder, log, maxAgeDays = 180, maxEvents = 50_000, now = Date.now } = options;
  const limits: Limits = { oldest: () => now() - maxAgeDays * DAY_MS, maxEvents };
  mkdirSync(folder, { recursive: true });
  const sqlite = await (options.loadSqlite ?? loadSqlite)();
  if (sqlite === undefined) {
    log.debug('this Node has no SQLite: feedback goes to a file of JSON lines');
    return openJsonLinesEvents({ path: join(folder, 'events.jsonl'), limits, log });
  }
  return openSqliteEvents({ path: join(folder, 'events.db'), limits, sqlite, log, now });
}
