// Events in SQLite: write-ahead log, because several windows share the file; pruned by age and count.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FeedbackEvent } from '../learning/events';
import { type EventFile, type Limits, storedEvent } from './stored-events';

export interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSync;
}

export interface SqliteEvents {
  readonly path: string;
  readonly limits: Limits;
  readonly sqlite: SqliteModule;
  /** Moves the damaged database away, so that a new one can begin. */
  readonly setAside: (path: string, error: unknown) => void;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA busy_timeout = 2000;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    decisionId TEXT NOT NULL,
    value REAL NOT NULL,
    source TEXT NOT NULL,
    surface TEXT NOT NULL,
    route TEXT,
    model TEXT,
    certainty REAL NOT NULL
  );
  CREATE INDEX IF NOT EXISTS eventsByTime ON events (at);
`;
const INSERT = `INSERT INTO events (at, decisionId, value, source, surface, route, model, certainty)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const RECENT = 'SELECT at, decisionId, value, source, surface, route, model, certainty FROM events ORDER BY id DESC LIMIT ?';
const PRUNE_EVERY = 500;

/** SQLITE_CORRUPT and SQLITE_NOTADB, the low byte of `errcode`. */
const DAMAGED = new Set([11, 26]);

interface Open {
  readonly database: DatabaseSync;
  readonly insert: StatementSync;
  readonly recent: StatementSync;
}

export function openSqliteEvents(options: SqliteEvents): EventFile {
  let open = openOrReplace(options);
  let added = 0;
  /** Damage may show only later; the new database takes the work over once. */
  const retry = <T>(work: (current: Open) => T): T => {
    try {
      return work(open);
    } catch (error) {
      if (!isDamage(error)) throw error;
      open.database.close();
      options.setAside(options.path, error);
      open = openDatabase(options);
      return work(open);
    }
  };
  return {
    add: (event) => {
      retry(({ insert }) => insert.run(...toRow(event)));
      added += 1;
      if (added % PRUNE_EVERY === 0) retry(({ database }) => prune(database, options.limits));
    },
    recent: (limit) => {
      const rows = retry(({ recent }) => recent.all(limit));
      return rows.flatMap((row) => storedEvent.safeParse(row).data ?? []).reverse();
    },
    close: () => open.database.close(),
  };
}

function openOrReplace(options: SqliteEvents): Open {
  try {
    return openDatabase(options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    options.setAside(options.path, error);
    return openDatabase(options);
  }
}

function openDatabase({ path, limits, sqlite }: SqliteEvents): Open {
  const database = new sqlite.DatabaseSync(path);
  try {
    database.exec(SCHEMA);
    prune(database, limits);
    return { database, insert: database.prepare(INSERT), recent: database.prepare(RECENT) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function prune(database: DatabaseSync, { oldest, maxEvents }: Limits): void {
  database.prepare('DELETE FROM events WHERE at < ?').run(oldest());
  database.prepare('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?').run(maxEvents);
}

function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && DAMAGED.has(code & 0xff);
}

function toRow(event: FeedbackEvent): (string | number | null)[] {
  const { at, decisionId, value, source, surface, route = null, model = null, certainty } = event;
  return [at, decisionId, value, source, surface, route, model, certainty];
}
