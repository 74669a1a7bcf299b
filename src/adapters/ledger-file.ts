// Keeps the ledger in a folder on this machine: in SQLite where Node has it, else in a file of JSON lines. Opened with
// the first row. Failing to write is logged once and never thrown: what was spent is then known for this session only.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger, LedgerRow } from '../router/spending/ledger';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { loadSqlite, type SqliteModule } from './database';
import { createLazyFile } from './lazy-file';
import { openJsonLinesLedger } from './ledger-jsonl';
import { openSqliteLedger } from './ledger-sqlite';
import type { LedgerFile } from './stored-rows';

export interface LedgerOptions {
  readonly folder: string;
  readonly log: Log;
  /** Rows older than this go; 400 days, a year and a month, when left out. */
  readonly maxAgeDays?: number;
  readonly now?: () => number;
  /** `node:sqlite`, or undefined on a Node without it; given by tests. */
  readonly loadSqlite?: () => Promise<SqliteModule | undefined>;
}

export interface ClosableLedger extends Ledger {
  /** Resolves when everything recorded is on disk. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const NAMES = { sqlite: 'ledger.db', lines: 'ledger.jsonl' };

export function createLedger(options: LedgerOptions): ClosableLedger {
  const { folder, log } = options;
  const file = createLazyFile(() => openLedger(options), (error) => {
    log.warn(`what requests cost is not stored: ${messageOf(error)}`);
  });
  let begun = false;
  const isThere = (): boolean => begun || Object.values(NAMES).some((name) => existsSync(join(folder, name)));
  return {
    record: (row) => {
      begun = true;
      void file.use(undefined, (open) => open.add(row));
    },
    others: async (since) => (isThere() ? file.use<readonly LedgerRow[]>([], (open) => open.others(since)) : []),
    rows: async (since) => (isThere() ? file.use<readonly LedgerRow[]>([], (open) => open.rows(since)) : []),
    close: () => file.close(),
  };
}

async function openLedger(options: LedgerOptions): Promise<LedgerFile> {
  const { folder, log, maxAgeDays = 400, now = Date.now } = options;
  const oldest = (): number => now() - maxAgeDays * DAY_MS;
  const writer = randomUUID();
  mkdirSync(folder, { recursive: true });
  const sqlite = await (options.loadSqlite ?? loadSqlite)();
  if (sqlite === undefined) return openJsonLinesLedger({ path: join(folder, NAMES.lines), writer, oldest, log });
  return openSqliteLedger({ path: join(folder, NAMES.sqlite), sqlite, writer, oldest, log, now });
}
