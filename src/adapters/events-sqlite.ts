// Events in SQLite, pruned by age and count.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FeedbackEvent } from '../learning/events';
import type { Log } from '../shared/log';
import { openDatabase, type SqliteModule } from './database';
import { type EventFile, type Limits, storedEvent } from './stored-events';

export interface SqliteEvents {
  readonly path: string;
  readonly limits: Limits;
  readonly sqlite: SqliteModule;
  readonly log: Log;
  readonly now: () => number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    decisionId TEXT NOT NULL,
    value REAL NOT NULL,
    source TEXT NOT NULL,
    surface TEXT NOT NULL,
    route TEXT,
    model TEXT,
    certainty REAL NOT NULL,
    sureMean REAL,
    sureLeast REAL
  );
  CREATE INDEX IF NOT EXISTS eventsByTime ON events (at);
`;
/** Columns that tables of earlier versions lack. */
const ADDED = ['sureMean', 'sureLeast'] as const;
const COLUMNS = 'at, decisionId, value, source, surface, route, model, certainty, sureMean, sureLeast';
const INSERT = `INSERT INTO events (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const RECENT = `SELECT ${COLUMNS} FROM events ORDER BY id DESC LIMIT ?`;
const PRUNE_EVERY = 500;

interface Statements {
  readonly insert: StatementSync;
  readonly recent: StatementSync;
  readonly prune: () => void;
}

export function openSqliteEvents({ path, limits, sqlite, log, now }: SqliteEvents): EventFile {
  const database = openDatabase({ path, sqlite, what: 'the feedback database', schema: SCHEMA, prepare: (one) => prepare(one, limits), log, now });
  let added = 0;
  return {
    add: (event) => {
      database.use(({ insert }) => insert.run(...toRow(event)));
      added += 1;
      if (added % PRUNE_EVERY === 0) database.use(({ prune }) => prune());
    },
    recent: (limit) => {
      const rows = database.use(({ recent }) => recent.all(limit));
      return rows.flatMap((row) => storedEvent().safeParse(fromRow(row)).data ?? []).reverse();
    },
    close: () => database.close(),
  };
}

function prepare(database: DatabaseSync, { oldest, maxEvents }: Limits): Statements {
  const prune = (): void => {
    database.prepare('DELETE FROM events WHERE at < ?').run(oldest());
    database.prepare('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?').run(maxEvents);
  };
  addColumns(database);
  prune();
  return { insert: database.prepare(INSERT), recent: database.prepare(RECENT), prune };
}

/** Under the lock for writing: another window may be at the same. */
function addColumns(database: DatabaseSync): void {
  const missing = (): readonly string[] => {
    const there = new Set(database.prepare('PRAGMA table_info(events)').all().map(({ name }) => name));
    return ADDED.filter((column) => !there.has(column));
  };
  if (missing().length === 0) return;
  database.exec('BEGIN IMMEDIATE');
  for (const column of missing()) database.exec(`ALTER TABLE events ADD COLUMN ${column} REAL`);
  database.exec('COMMIT');
}

function toRow(event: FeedbackEvent): (string | number | null)[] {
  const { at, decisionId, value, source, surface, route = null, model = null, certainty, sureness } = event;
  return [at, decisionId, value, source, surface, route, model, certainty, sureness?.mean ?? null, sureness?.least ?? null];
}

function fromRow({ sureMean, sureLeast, ...row }: Record<string, unknown>): object {
  return sureMean === null ? row : { ...row, sureness: { mean: sureMean, least: sureLeast } };
}
