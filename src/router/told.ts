// What was asked for a decision and what came of it, in words: one line a request.
import type { RouterErrorCode } from '../shared/errors';
import { usdText } from './spending/budget';
import { clockTime } from './running/health';
import type { LedgerRow } from './spending/ledger';

const MOST_LINES = 12;

const FAILED: Record<RouterErrorCode, string> = {
  bad_request: 'refused the request',
  unauthorized: 'did not accept the key',
  not_found: 'does not know the model',
  rate_limited: 'takes no more requests for now',
  quota: 'credit or plan used up',
  server: 'failed',
  unreachable: 'could not be reached',
  timeout: 'took too long',
  malformed: 'gave an answer that could not be read',
  cut: 'broke off',
  no_consent: 'was not allowed',
  no_key: 'asks for a key',
  unsupported: 'cannot do what was asked',
  runtime: 'the local runtime failed',
  bad_file: 'its file cannot be read',
  disk: 'the disk refused',
  hash: 'its file is not the promised one',
  refused: 'was refused by a rule of yours',
  not_local: 'is not on this machine',
  private: 'was kept back for privacy',
};

/** Oldest first; of very many the newest. */
export function happened(requests: readonly LedgerRow[]): string[] {
  const left = requests.length - MOST_LINES;
  const lines = requests.slice(-MOST_LINES).map(requestText);
  return left > 0 ? [`${String(left)} earlier requests`, ...lines] : lines;
}

/** One request in one line. */
export function requestText(row: LedgerRow): string {
  const who = `${clockTime(row.at, row.at)} ${row.model} at ${row.endpoint}`;
  return [`${who}: ${outcomeText(row)}`, ...mismatch(row), ...tokensText(row)].join(', ');
}

function outcomeText({ outcome, code, firstTokenMs, totalMs }: LedgerRow): string {
  const first = firstTokenMs === undefined ? '' : `, first word after ${seconds(firstTokenMs)}`;
  if (outcome === 'cancelled') return `stopped after ${seconds(totalMs)}${first}`;
  if (outcome === 'failed') return `${code === undefined ? 'failed' : FAILED[code]} after ${seconds(totalMs)}${first}`;
  return `answered in ${seconds(totalMs)}${first}`;
}

function mismatch({ executed }: LedgerRow): string[] {
  return executed === undefined ? [] : [`the server says that ${executed} ran`];
}

function tokensText({ inputTokens, outputTokens, cachedInputTokens, costUsd, billable, measured }: LedgerRow): string[] {
  if (inputTokens + outputTokens === 0) return [];
  const cached = cachedInputTokens ? ` (${String(cachedInputTokens)} from the cache)` : '';
  const about = measured ? '' : 'about ';
  const tokens = `${about}${String(inputTokens)} tokens in${cached}, ${String(outputTokens)} out`;
  if (!billable) return [tokens];
  return [tokens, costUsd === undefined ? 'price not known' : `${about}${usdText(costUsd)}`];
}

function seconds(ms: number): string {
  return ms < 1000 ? `${String(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}
