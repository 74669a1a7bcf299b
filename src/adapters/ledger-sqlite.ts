// The ledger in SQLite, pruned by age. Each window knows its own rows by a name of its own, so that the rows of others
// can be read as they come.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { LedgerRow } from '../router/spending/ledger';
import type { Log } from '../shared/log';
import { openDatabase, type SqliteModule } from './database';
import { COLUMNS, readRow, type LedgerFile } from './stored-rows';

export interface SqliteLedger {
  readonly path: string;
  readonly sqlite: SqliteModule;
  /** Name of this window. */
  readonly writer: string;
  /** Milliseconds since the epoch; older rows go. */
  readonly oldest: () => number;
  readonly log: Log;
  readonly now: () => number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS ledger (
    id INTEGER PRIMARY KEY,
    writer TEXT NOT NULL,
    at REAL NOT NULL,
    decisionId TEXT NOT NULL,
    surface TEXT NOT NULL,
    route TEXT,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    conversation TEXT,
    inputTokens INTEGER NOT NULL,
    outputTokens INTEGER NOT NULL,
    cachedInputTokens INTEGER,
    costUsd REAL,
    billable INTEGER NOT NULL,
    firstTokenMs REAL,
    totalMs REAL NOT NULL,
    measured INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    executed TEXT
  );
  CREATE INDEX IF NOT EXISTS ledgerByTime ON ledger (at);
`;
const ALL = COLUMNS.join(', ');
const INSERT = `INSERT INTO ledger (writer, ${ALL}) VALUES (?, ${COLUMNS.map(() => '?').join(', ')})`;
const OTHERS = `SELECT id, ${ALL} FROM ledger WHERE id > ? AND at >= ? AND writer <> ? ORDER BY id LIMIT 500`;
const ROWS = `SELECT ${ALL} FROM ledger WHERE at >= ? ORDER BY id`;
const PRUNE_EVERY = 1000;

interface Statements {
  readonly insert: StatementSync;
  readonly others: StatementSync;
  readonly rows: StatementSync;
  readonly prune: () => void;
}

export function openSqliteLedger({ path, sqlite, writer, oldest, log, now }: SqliteLedger): LedgerFile {
  let added = 0;
  let seen = 0;
  const opened = (one: DatabaseSync): Statements => {
    seen = 0;
    return prepare(one, oldest);
  };
  const database = openDatabase({ path, sqlite, what: 'the ledger of requests', schema: SCHEMA, prepare: opened, log, now });
  return {
    add: (row) => {
      database.use(({ insert }) => insert.run(writer, ...COLUMNS.map((column) => toSql(row[column]))));
      added += 1;
      if (added % PRUNE_EVERY === 0) database.use(({ prune }) => prune());
    },
    others: (since) => {
      const found = database.use(({ others }) => others.all(seen, since, writer));
      seen = Number(found.at(-1)?.['id'] ?? seen);
      return found.flatMap((row) => readRow(row) ?? []);
    },
    rows: (since) => database.use(({ rows }) => rows.all(since)).flatMap((row) => readRow(row) ?? []),
    close: () => database.close(),
  };
}

function prepare(database: DatabaseSync, oldest: () => number): Statements {
  const prune = (): void => {
    database.prepare('DELETE FROM ledger WHERE at < ?').run(oldest());
  };
  prune();
  return { insert: database.prepare(INSERT), others: database.prepare(OTHERS), rows: database.prepare(ROWS), prune };
}

function toSql(value: LedgerRow[keyof LedgerRow]): SQLInputValue {
  if (typeof value === 'boolean') return Number(value);
  return value ?? null;
}
