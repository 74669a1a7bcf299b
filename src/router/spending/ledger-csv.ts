// The ledger as CSV (RFC 4180), to be opened in a spreadsheet. Conversations are numbered: their keys are made from text.
import type { LedgerRow } from './ledger';

const HEAD = [
  'time',
  'decision',
  'surface',
  'route',
  'model',
  'executed',
  'provider',
  'endpoint',
  'conversation',
  'outcome',
  'error',
  'input tokens',
  'cached input tokens',
  'output tokens',
  'tokens are',
  'cost USD',
  'first token ms',
  'total ms',
];

export function toCsv(rows: readonly LedgerRow[]): string {
  const numbers = new Map<string, number>();
  const numberOf = (key: string | undefined): number | undefined => {
    if (key === undefined) return undefined;
    if (!numbers.has(key)) numbers.set(key, numbers.size + 1);
    return numbers.get(key);
  };
  return [HEAD, ...rows.map((row) => cellsOf(row, numberOf(row.conversation)))].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

type Cell = string | number | undefined;

function cellsOf(row: LedgerRow, conversation: number | undefined): Cell[] {
  return [
    new Date(row.at).toISOString(),
    row.decisionId,
    row.surface,
    row.route,
    row.model,
    row.executed ?? row.model,
    row.provider,
    row.endpoint,
    conversation,
    row.outcome,
    row.code,
    row.inputTokens,
    row.cachedInputTokens,
    row.outputTokens,
    row.measured ? 'measured' : 'estimated',
    row.costUsd,
    row.firstTokenMs === undefined ? undefined : Math.round(row.firstTokenMs),
    Math.round(row.totalMs),
  ];
}

/** Spreadsheets run what begins like a formula. */
function cell(value: Cell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const harmless = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
