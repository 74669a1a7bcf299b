// One row per request to a model: what it took and what came of it. Never any text of a prompt or an answer.
import type { RouterErrorCode } from '../../shared/errors';
import type { ProviderKind, Surface } from '../types';

export type Outcome = 'ok' | 'failed' | 'cancelled';

export interface LedgerRow {
  /** When the request was sent; milliseconds since the epoch. */
  readonly at: number;
  readonly decisionId: string;
  readonly surface: Surface;
  readonly route: string | undefined;
  /** Candidate id that was announced. */
  readonly model: string;
  readonly provider: ProviderKind;
  /** Host and port, or the vendor for models of VS Code. */
  readonly endpoint: string;
  /** Joins the requests of one conversation. */
  readonly conversation: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of `inputTokens`; undefined when the server does not say. */
  readonly cachedInputTokens: number | undefined;
  /** Undefined when the price is not known. */
  readonly costUsd: number | undefined;
  /** Whether it may have cost money at all: counts for the budgets in requests. */
  readonly billable: boolean;
  /** Undefined when no word came. */
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
  /** True when the server counted the tokens, false when they are estimated here. */
  readonly measured: boolean;
  readonly outcome: Outcome;
  /** What failed. */
  readonly code: RouterErrorCode | undefined;
  /** The model the server says it ran, when that is another one than announced. */
  readonly executed: string | undefined;
}

/** Receives every row once the request has ended. Must not throw. */
export type LedgerSink = (row: LedgerRow) => void;

/** Where rows are kept. Failing to write is reported by the implementation, never thrown. */
export interface Ledger {
  record(row: LedgerRow): void;
  /** Rows of other windows and of earlier sessions from `since` on (milliseconds since the epoch), each once, some hundred at a time; empty when there are no more. */
  others(since: number): Promise<readonly LedgerRow[]>;
  /** All rows from `since` on, oldest first. */
  rows(since: number): Promise<readonly LedgerRow[]>;
}

/** Whether a server refused before it did anything; nothing is paid for that. */
export function wasTurnedAway({ outcome, code, answered }: { readonly outcome: Outcome; readonly code: RouterErrorCode | undefined; readonly answered: boolean }): boolean {
  return outcome === 'failed' && !answered && code !== 'timeout' && code !== 'cut';
}

/** Host and port of an address; the text itself when it is none. */
export function hostOf(endpoint: string): string {
  return /^[a-z][\w+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/iu.exec(endpoint)?.[1] ?? endpoint;
}
