// Sends a scripted answer piece by piece and does the wrong thing at the right place.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { sendJson } from './exchange';
import { type Fault, type ModelScript, wordsOf } from './model-script';

/** How a protocol writes its events. */
export interface Format {
  readonly contentType: string;
  /** What comes before everything else. */
  readonly opening?: () => string;
  readonly event: (payload: unknown) => string;
  /** One piece of the answer's text. */
  readonly word: (text: string) => unknown;
  readonly thought: (text: string) => unknown;
  /** What comes after the words of a whole answer. */
  readonly ending: () => readonly string[];
  readonly broken: string;
}

/** Faults that come instead of an answer. True when one did. */
export function failAtOnce(response: ServerResponse, fault: Fault | undefined): boolean {
  switch (fault?.kind) {
    case 'status': {
      const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      sendJson(response, fault.status, fault.body ?? { error: { message: 'Scripted failure.', type: 'test' } }, headers);
      return true;
    }
    case 'reset':
      response.destroy();
      return true;
    case 'hang':
      return true;
    case 'redirect':
      response.writeHead(fault.status ?? 307, { location: fault.to }).end();
      return true;
    case 'error_document':
      sendJson(response, 200, { error: fault.error });
      return true;
    case 'no_body':
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
      return true;
    default:
      return false;
  }
}

export async function streamAnswer(response: ServerResponse, script: ModelScript, text: string, format: Format): Promise<void> {
  const { fault, firstTokenMs = 0 } = script;
  await sleep(firstTokenMs);
  response.writeHead(200, { 'content-type': format.contentType, 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (format.opening) response.write(format.opening());
  await think(response, script, format);
  if (fault?.kind === 'oversized') {
    await flood(response, () => format.event(format.word('x'.repeat(fault.wordBytes))));
    return;
  }
  await speak(response, script, { text, format });
  if (fault && 'words' in fault) await goWrong(response, fault, format);
  else await end(response, script, format);
}

async function end(response: ServerResponse, { lateEndMs = 0 }: ModelScript, format: Format): Promise<void> {
  response.write(format.ending().join(''));
  if (lateEndMs > 0) await sleep(lateEndMs);
  response.end();
}

async function think(response: ServerResponse, { thinks = 0, tokenMs = 0 }: ModelScript, format: Format): Promise<void> {
  for (let thought = 0; thought < thinks; thought += 1) {
    response.write(format.event(format.thought(' hm')));
    await sleep(tokenMs);
  }
}

async function speak(response: ServerResponse, { fault, tokenMs = 0 }: ModelScript, { text, format }: { text: string; format: Format }): Promise<void> {
  const words = fault?.kind === 'empty' ? [] : wordsOf(text);
  const limit = fault && 'words' in fault ? fault.words : words.length;
  for (const word of words.slice(0, limit)) {
    if (response.destroyed) return;
    response.write(format.event(format.word(word)));
    await sleep(tokenMs);
  }
}

async function goWrong(response: ServerResponse, fault: Fault, format: Format): Promise<void> {
  // What was written must be on its way before the connection breaks.
  await sleep(20);
  switch (fault.kind) {
    case 'drop':
      response.destroy();
      return;
    case 'no_finish':
      response.end();
      return;
    case 'malformed':
      response.end(format.broken);
      return;
    case 'error_event':
      response.end(format.event({ error: fault.error }));
      return;
    default: // stall: the connection stays open.
  }
}

async function flood(response: ServerResponse, next: () => string): Promise<void> {
  while (!response.destroyed) {
    if (!response.write(next())) await Promise.race([new Promise((resolve) => response.once('drain', resolve)), sleep(50)]);
  }
}
