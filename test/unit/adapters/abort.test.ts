// Abort is at once: the promise rejects and the server sees its connection closed, wherever the answer stands.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isAbort } from '../../../src/shared/abort';
import { chatCall, collect, fimCall, recordingLog, rejection } from '../../support/adapters';
import { type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';
import { PROVIDERS } from '../../support/providers';

/** Far below any deadline; far above what a busy machine needs to close a socket. */
const AT_ONCE_MS = 5000;

let server: ModelServer;
afterEach(async () => server.close());

const FIM_PATHS: Readonly<Record<string, string>> = { '/v1/chat/completions': '/v1/completions', '/api/chat': '/api/generate' };

describe.each(PROVIDERS)('abort by the protocol of $name', ({ kind, create, chatPath, asked: askedOf }) => {
  const fimPath = FIM_PATHS[chatPath];

  async function start(script: ModelScript) {
    server = await startModelServer({ kind, models: { m: script } });
    const asked = askedOf(server);
    const backend = create({ key: async () => undefined, log: recordingLog() });
    const controller = new AbortController();
    return { backend, asked, controller };
  }

  async function expectClosedAtOnce(path: string, abortedAt: number): Promise<void> {
    const request = await server.aborted(path);
    expect(request.abortedAt! - abortedAt).toBeLessThan(AT_ONCE_MS);
  }

  it('before the first token', async () => {
    const { backend, asked, controller } = await start({ fault: { kind: 'hang' } });
    const answer = rejection(collect(backend.chat(chatCall(asked), controller.signal)));
    await server.received(chatPath);
    const abortedAt = Date.now();
    controller.abort();
    expect(isAbort(await answer)).toBe(true);
    expect(Date.now() - abortedAt).toBeLessThan(AT_ONCE_MS);
    await expectClosedAtOnce(chatPath, abortedAt);
  });

  it('in the middle of the answer', async () => {
    const { backend, asked, controller } = await start({ reply: 'one two three', fault: { kind: 'stall', words: 2 } });
    let abortedAt = 0;
    const read = async (): Promise<void> => {
      for await (const event of backend.chat(chatCall(asked), controller.signal)) {
        if (event.type === 'text' && event.text.includes('two')) {
          abortedAt = Date.now();
          controller.abort();
        }
      }
    };
    expect(isAbort(await rejection(read()))).toBe(true);
    await expectClosedAtOnce(chatPath, abortedAt);
  });

  it('while nobody reads', async () => {
    const { backend, asked, controller } = await start({ reply: 'word '.repeat(1000), tokenMs: 5 });
    const iterator = backend.chat(chatCall(asked), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    const abortedAt = Date.now();
    controller.abort();
    await expectClosedAtOnce(chatPath, abortedAt);
    expect(isAbort(await rejection(collect({ [Symbol.asyncIterator]: () => iterator })))).toBe(true);
  });

  it('by leaving the loop', async () => {
    const { backend, asked, controller } = await start({ reply: 'word '.repeat(1000), tokenMs: 5 });
    for await (const event of backend.chat(chatCall(asked), controller.signal)) if (event.type === 'text') break;
    await expectClosedAtOnce(chatPath, Date.now());
  });

  it('before anything was sent', async () => {
    const { backend, asked, controller } = await start({ reply: 'x' });
    controller.abort();
    expect(isAbort(await rejection(collect(backend.chat(chatCall(asked), controller.signal))))).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('with a reason of the caller’s own is an AbortError all the same', async () => {
    const { backend, asked, controller } = await start({ fault: { kind: 'hang' } });
    const answer = rejection(collect(backend.chat(chatCall(asked), controller.signal)));
    await server.received(chatPath);
    controller.abort('typed on');
    expect(isAbort(await answer)).toBe(true);
  });

  if (fimPath !== undefined) {
    it('of a completion', async () => {
      const { backend, asked, controller } = await start({ fault: { kind: 'hang' } });
      const answer = rejection(collect(backend.fim!(fimCall(asked), controller.signal)));
      await server.received(fimPath);
      const abortedAt = Date.now();
      controller.abort();
      expect(isAbort(await answer)).toBe(true);
      await expectClosedAtOnce(fimPath, abortedAt);
    });
  }

  it('leaves no rejection behind that nobody handles', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { backend, asked, controller } = await start({ reply: 'a b c d', tokenMs: 10 });
    const reads = Array.from({ length: 20 }, async (_, index) => {
      const answer = rejection(collect(backend.chat(chatCall(asked), controller.signal)));
      if (index === 19) setTimeout(() => controller.abort(), 15);
      return answer;
    });
    expect((await Promise.all(reads)).every(isAbort)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
