// A SQLite database that several windows share: write-ahead log, and when its file is damaged, at opening or later, it
// is set aside and a new one begins.
import { renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';

export interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSync;
}

export interface DatabaseOptions<Statements> {
  readonly path: string;
  readonly sqlite: SqliteModule;
  /** What it holds, for the log: `the feedback database`. */
  readonly what: string;
  readonly schema: string;
  /** Runs after each opening; prepares the statements. */
  readonly prepare: (database: DatabaseSync) => Statements;
  readonly log: Log;
  readonly now: () => number;
}

export interface Database<Statements> {
  /** Runs once more on a new database when the old one turns out to be damaged. */
  use<T>(work: (statements: Statements) => T): T;
  close(): void;
}

const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA busy_timeout = 2000;
  PRAGMA synchronous = NORMAL;
`;

/** SQLITE_CORRUPT and SQLITE_NOTADB, the low byte of `errcode`. */
const DAMAGED = new Set([11, 26]);

export function openDatabase<Statements>(options: DatabaseOptions<Statements>): Database<Statements> {
  const replace = (error: unknown): Open<Statements> => {
    if (!isDamage(error)) throw error;
    setAside(options, error);
    return open(options);
  };
  let current: Open<Statements>;
  try {
    current = open(options);
  } catch (error) {
    current = replace(error);
  }
  return {
    use: (work) => {
      try {
        return work(current.statements);
      } catch (error) {
        if (isDamage(error)) current.database.close();
        current = replace(error);
        return work(current.statements);
      }
    },
    close: () => current.database.close(),
  };
}

interface Open<Statements> {
  readonly database: DatabaseSync;
  readonly statements: Statements;
}

function open<Statements>({ path, sqlite, schema, prepare }: DatabaseOptions<Statements>): Open<Statements> {
  const database = new sqlite.DatabaseSync(path);
  try {
    database.exec(PRAGMAS + schema);
    return { database, statements: prepare(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && DAMAGED.has(code & 0xff);
}

function setAside({ path, what, log, now }: DatabaseOptions<unknown>, error: unknown): void {
  const kept = `${path}.damaged-${String(now())}`;
  for (const suffix of ['', '-wal', '-shm']) moveIfThere(path + suffix, kept + suffix);
  log.warn(`${what} was damaged (${messageOf(error)}); it is kept as ${kept} and a new one begins`);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Node 20 and builds without it have no `node:sqlite`. */
export async function loadSqlite(): Promise<SqliteModule | undefined> {
  try {
    return await import('node:sqlite');
  } catch {
    return undefined;
  }
}
