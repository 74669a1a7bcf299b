// How a row of the ledger is kept: which columns there are, and how a stored row is read back.
import * as z from 'zod';
import { once } from '../shared/lazily';
import type { LedgerRow } from '../router/spending/ledger';

/** What a file format has to do; may throw. */
export interface LedgerFile {
  add(row: LedgerRow): void;
  /** Rows that other windows and earlier sessions wrote, in order, from `since` on (milliseconds since the epoch) and after those given before; at most a few hundred at a time. */
  others(since: number): readonly LedgerRow[];
  /** All rows from `since` on, oldest first. */
  rows(since: number): readonly LedgerRow[];
  close(): void;
}

export const COLUMNS = [
  'at',
  'decisionId',
  'surface',
  'route',
  'model',
  'provider',
  'endpoint',
  'conversation',
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'costUsd',
  'billable',
  'firstTokenMs',
  'totalMs',
  'measured',
  'outcome',
  'code',
  'executed',
] as const satisfies readonly (keyof LedgerRow)[];

const text = once(() => z.string().nullish().transform((value) => value ?? undefined));
const number = once(() => z.number().nullish().transform((value) => value ?? undefined));
/** SQLite knows no booleans. */
const flag = once(() => z.union([z.boolean(), z.number().transform((value) => value !== 0)]));

const storedRow = once(() =>
  z.object({
    at: z.number(),
    decisionId: z.string(),
    surface: z.enum(['chat', 'agent', 'inline', 'cli', 'utility']),
    route: text(),
    model: z.string(),
    provider: z.string(),
    endpoint: z.string(),
    conversation: text(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    cachedInputTokens: number(),
    costUsd: number(),
    billable: flag(),
    firstTokenMs: number(),
    totalMs: z.number(),
    measured: flag(),
    outcome: z.enum(['ok', 'failed', 'cancelled']),
    code: text(),
    executed: text(),
  }),
);

/** Undefined for a row that makes no sense. */
export function readRow(stored: unknown): LedgerRow | undefined {
  return storedRow().safeParse(stored).data as LedgerRow | undefined;
}
