import { describe, expect, it } from 'vitest';
import { FILLS, lazyBackend, type LazyProvider } from '../../../src/adapters/lazy-backend';
import { createBackend } from '../../../src/assembly/later/servers';
import type { Backend } from '../../../src/router/ports';
import { silentLog } from '../../../src/shared/log';
import { candidate, chatCall, collect, fimCall } from '../../support/adapters';
import { fakeRuntime } from '../../support/fake-runtime';

const MODEL = candidate({ endpoint: 'http://127.0.0.1:1/v1', model: 'qwen2.5-coder' });
const { signal } = new AbortController();

describe('a backend that is loaded later', () => {
  it('is loaded with the first request, once, and passes on what it says', async () => {
    let loads = 0;
    const asked: unknown[] = [];
    const real: Backend = {
      provider: 'openai',
      async *chat(...given) {
        asked.push(given);
        yield await Promise.resolve({ type: 'text', text: 'hello' } as const);
      },
      async *fim(...given) {
        asked.push(given);
        yield* await Promise.resolve(['a', 'b']);
      },
    };
    const backend = lazyBackend('openai', () => Promise.resolve(((loads += 1), real)));
    expect(loads).toBe(0);
    const [chat, fim] = [chatCall(MODEL), fimCall(MODEL)];
    expect(await collect(backend.chat(chat, signal))).toEqual([{ type: 'text', text: 'hello' }]);
    expect(backend.fim && (await collect(backend.fim(fim, signal)))).toEqual(['a', 'b']);
    expect(asked).toEqual([[chat, signal], [fim, signal]]);
    expect(loads).toBe(1);
  });

  it('rejects the request when it cannot be loaded, and is loaded by the next one', async () => {
    let loads = 0;
    const real: Backend = { provider: 'openai', chat: async function* () { yield* await Promise.resolve([]); } };
    const backend = lazyBackend('openai', () => ((loads += 1) === 1 ? Promise.reject(new Error('no file')) : Promise.resolve(real)));
    await expect(collect(backend.chat(chatCall(MODEL), signal))).rejects.toThrow('no file');
    expect(await collect(backend.chat(chatCall(MODEL), signal))).toEqual([]);
  });

  it.each(Object.keys(FILLS) as LazyProvider[])('of %s says rightly whether it can fill in the middle', (provider) => {
    const real = createBackend[provider]({ key: () => Promise.resolve(undefined), log: silentLog, runtime: fakeRuntime() });
    expect(real.provider).toBe(provider);
    expect(real.fim !== undefined).toBe(FILLS[provider]);
    expect(lazyBackend(provider, () => Promise.resolve(real)).fim !== undefined).toBe(FILLS[provider]);
  });
});
