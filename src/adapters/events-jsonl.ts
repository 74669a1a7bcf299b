// Events as JSON lines, for a Node without SQLite. Lines that cannot be read are skipped and counted.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { FeedbackEvent } from '../learning/events';
import type { Log } from '../shared/log';
import { type EventFile, type Limits, storedEvent } from './stored-events';

export interface JsonLinesEvents {
  readonly path: string;
  readonly limits: Limits;
  readonly log: Log;
}

export function openJsonLinesEvents({ path, limits, log }: JsonLinesEvents): EventFile {
  const { events, damaged } = read(path);
  if (damaged > 0) log.warn(`${String(damaged)} lines of ${path} cannot be read and are left out`);
  const kept = events.filter(({ at }) => at >= limits.oldest()).slice(-limits.maxEvents);
  if (kept.length < events.length) rewrite(path, kept);
  return {
    add: (event) => appendFileSync(path, line(event)),
    recent: (limit) => read(path).events.slice(-limit),
    close: () => undefined,
  };
}

function read(path: string): { events: FeedbackEvent[]; damaged: number } {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((text) => text !== '') : [];
  const events = lines.flatMap((text) => parse(text) ?? []);
  return { events, damaged: lines.length - events.length };
}

function parse(text: string): FeedbackEvent | undefined {
  try {
    return storedEvent().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Half a line, from a crash while writing.
  }
}

/** By a second file, so that a crash leaves the old or the new one. */
function rewrite(path: string, events: readonly FeedbackEvent[]): void {
  writeFileSync(`${path}.new`, events.map(line).join(''));
  renameSync(`${path}.new`, path);
}

function line(event: FeedbackEvent): string {
  return `${JSON.stringify(event)}\n`;
}
