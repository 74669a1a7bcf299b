// The ledger as JSON lines, for a Node without SQLite. Lines that cannot be read are skipped and counted.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { LedgerRow } from '../router/spending/ledger';
import type { Log } from '../shared/log';
import { readRow, type LedgerFile } from './stored-rows';

export interface JsonLinesLedger {
  readonly path: string;
  /** Name of this window. */
  readonly writer: string;
  /** Milliseconds since the epoch; older rows go. */
  readonly oldest: () => number;
  readonly log: Log;
}

interface Line {
  readonly writer: string;
  readonly row: LedgerRow;
}

export function openJsonLinesLedger({ path, writer, oldest, log }: JsonLinesLedger): LedgerFile {
  const { lines, damaged } = read(path);
  if (damaged > 0) log.warn(`${String(damaged)} lines of ${path} cannot be read and are left out`);
  const kept = lines.filter(({ row }) => row.at >= oldest());
  if (kept.length < lines.length) rewrite(path, kept);
  let seen = 0;
  return {
    add: (row) => appendFileSync(path, textOf({ writer, row })),
    others: (since) => {
      const all = read(path).lines;
      const fresh = all.slice(seen).filter((line) => line.writer !== writer && line.row.at >= since);
      seen = all.length;
      return fresh.map(({ row }) => row);
    },
    rows: (since) => read(path).lines.flatMap(({ row }) => (row.at >= since ? [row] : [])),
    close: () => undefined,
  };
}

function read(path: string): { lines: Line[]; damaged: number } {
  const texts = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((text) => text !== '') : [];
  const lines = texts.flatMap((text) => parse(text) ?? []);
  return { lines, damaged: texts.length - lines.length };
}

function parse(text: string): Line | undefined {
  try {
    const value = JSON.parse(text) as { readonly writer?: unknown };
    const row = readRow(value);
    return row && { writer: String(value.writer), row };
  } catch {
    return undefined; // Half a line, from a crash while writing.
  }
}

/** By a second file, so that a crash leaves the old or the new one. */
function rewrite(path: string, lines: readonly Line[]): void {
  writeFileSync(`${path}.new`, lines.map(textOf).join(''));
  renameSync(`${path}.new`, path);
}

function textOf({ writer, row }: Line): string {
  return `${JSON.stringify({ writer, ...row })}\n`;
}
