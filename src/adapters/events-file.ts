// Keeps what users did with answers, in a folder on this machine: in SQLite where Node has it, else in a file of
// JSON lines. Opened with the first event, so that activation does not wait for the disk. Failing is logged once
// and never thrown: learning without memory is better than an editor that complains.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStore, FeedbackEvent } from '../learning/events';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { openJsonLinesEvents } from './events-jsonl';
import { openSqliteEvents, type SqliteModule } from './events-sqlite';
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
  let opening: Promise<EventFile | undefined> | undefined;
  let reported = false;
  const report = (error: unknown): void => {
    if (!reported) options.log.warn(`feedback is not stored: ${messageOf(error)}`);
    reported = true;
  };
  const use = async <T>(otherwise: T, work: (file: EventFile) => T): Promise<T> => {
    try {
      opening ??= openEvents(options);
      const file = await opening;
      return file ? work(file) : otherwise;
    } catch (error) {
      report(error);
      return otherwise;
    }
  };
  return {
    record: (event) => void use(undefined, (file) => file.add(event)),
    recent: (limit) => use<readonly FeedbackEvent[]>([], (file) => file.recent(limit)),
    close: async () => {
      if (opening) await use(undefined, (file) => file.close());
      opening = Promise.resolve(undefined);
    },
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
  const setAside = (path: string, error: unknown): void => {
    const kept = `${path}.damaged-${String(now())}`;
    for (const suffix of ['', '-wal', '-shm']) moveIfThere(path + suffix, kept + suffix);
    log.warn(`the feedback database was damaged (${messageOf(error)}); it is kept as ${kept} and a new one begins`);
  };
  return openSqliteEvents({ path: join(folder, 'events.db'), limits, sqlite, setAside });
}

/** Node 20 and builds without it have no `node:sqlite`. */
async function loadSqlite(): Promise<SqliteModule | undefined> {
  try {
    return await import('node:sqlite');
  } catch {
    return undefined;
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
