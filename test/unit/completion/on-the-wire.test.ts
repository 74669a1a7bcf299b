// Requests that are overtaken, seen from the server: real connections, real time.
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import { createCompleter, type Completer } from '../../../src/completion/completer';
import { sleep } from '../../../src/shared/abort';
import { candidate, recordingLog } from '../../support/adapters';
import { startModelServer, type ModelServer, type RecordedRequest } from '../../support/openai-server';
import { never, request } from './support';

const MODEL = 'qwen2.5-coder:7b';
let server: ModelServer;
afterEach(async () => server.close());

interface Typing {
  readonly completer: Completer;
  readonly asks: () => readonly RecordedRequest[];
  /** Resolves when the server has so many requests. */
  readonly arrived: (count: number) => Promise<void>;
  /** In their order: what was sent, and what was given up. */
  readonly wire: readonly string[];
}

async function typing(reply: string, firstTokenMs = 0): Promise<Typing> {
  server = await startModelServer({ models: { [MODEL]: { fim: 'suffix', reply, firstTokenMs, tokenMs: 200 } } });
  const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
  const wire: string[] = [];
  let ids = 0;
  const completer = createCompleter({
    now: () => performance.now(),
    sleep,
    newId: () => `s${String((ids += 1))}`,
    context: async () => [],
    route: async () => ({ decisionId: 'd', models: [candidate({ endpoint: server.baseUrl, model: MODEL, capabilities: ['fim'] })] }),
    mostWaitMs: () => 0,
    maxTokens: () => 128,
    fill: (call, signal) => {
      const at = call.prefix.trim().slice(-1);
      wire.push(`sent behind ${at}`);
      signal.addEventListener('abort', () => wire.push(`ended behind ${at}`));
      return backend.fim!(call, signal);
    },
  });
  const asks = (): readonly RecordedRequest[] => server.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/completions'));
  return { completer, asks, arrived: (count) => until(() => asks().length >= count), wire };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5, never);
}

const LONG = Array.from({ length: 40 }, () => 'a +').join(' ');

describe('a request for ghost text', () => {
  it('is off the wire before the one for the key that contradicts it is sent', async () => {
    const { completer, asks, arrived, wire } = await typing(LONG);
    void completer.complete(request('const sum = |\n'), never);
    await arrived(1);
    // The first word has come: what is typed now is not what it says.
    await sleep(100, never);
    void completer.complete(request('const sum = x|\n'), never);
    await arrived(2);
    expect(wire).toEqual(['sent behind =', 'ended behind =', 'sent behind x']);
    await until(() => asks()[0]?.aborted === true);
    completer.cancel();
  });

  it('is off the wire as soon as its first word contradicts what was typed meanwhile', async () => {
    const { completer, asks, arrived, wire } = await typing(LONG, 300);
    void completer.complete(request('const sum = |\n'), never);
    await arrived(1);
    void completer.complete(request('const sum = x|\n'), never);
    await arrived(2);
    expect(wire).toEqual(['sent behind =', 'ended behind =', 'sent behind x']);
    await until(() => asks()[0]?.aborted === true);
    completer.cancel();
  });

  it.each([
    ['the user leaves the place', (completer: Completer) => void completer.complete(request('let other = 1;\n|\n', { offset: 300 }), never)],
    ['its document is closed', (completer: Completer) => { completer.clear('file:///a.ts'); }],
    ['settings change', (completer: Completer) => { completer.clear(); }],
    ['ghost text is switched off', (completer: Completer) => { completer.cancel(); }],
  ])('ends at the server when %s', async (_, happens) => {
    const { completer, asks, arrived } = await typing(LONG);
    void completer.complete(request('const sum = |\n'), never);
    await arrived(1);
    await sleep(50, never);
    happens(completer);
    await until(() => asks()[0]?.aborted === true);
    expect(asks()[0]?.finished).toBe(false);
    completer.cancel();
  });
});
