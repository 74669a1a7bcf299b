// What tests of the adapters share: candidates, a log that remembers, and reading a stream to its end.
import type { ChatCall, ChatEvent, FimCall } from '../../src/router/ports';
import type { Candidate } from '../../src/router/types';
import type { Log } from '../../src/shared/log';

export interface RecordingLog extends Log {
  readonly lines: string[];
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const at = (level: string) => (message: string, ...details: unknown[]) => void lines.push([level, message, ...details.map(String)].join(' '));
  return { lines, trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export function candidate(fields: Partial<Candidate> & Pick<Candidate, 'endpoint' | 'model'>): Candidate {
  return { id: 'tested', provider: 'openai', locality: 'local', capabilities: [], capabilitiesKnown: true, origin: 'settings', ...fields };
}

export function chatCall(asked: Candidate, fields: Partial<ChatCall> | string = 'Why does this test fail?'): ChatCall {
  const text = typeof fields === 'string' ? fields : 'Why does this test fail?';
  return {
    candidate: asked,
    messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
    tools: [],
    toolMode: 'auto',
    options: {},
    ...(typeof fields === 'string' ? {} : fields),
  };
}

export function fimCall(asked: Candidate, fields: Partial<FimCall> = {}): FimCall {
  return { candidate: asked, prefix: 'def add(a, b):\n    return ', suffix: '\n\nprint(add(1, 2))\n', maxTokens: 32, stop: [], ...fields };
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

export function textOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to be rejected');
}
