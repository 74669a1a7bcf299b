// Backends whose code is loaded with their first request, so that activation does not wait for clients of servers that
// nobody asks.
import type { Backend, ChatCall, ChatEvent, FimCall } from '../router/ports';
import { lazily } from '../shared/lazily';

/** Those that can be loaded later, and whether they can fill in the middle: known before they are loaded. */
export const FILLS = { openai: true, anthropic: false, ollama: true, llama: true } as const;

export type LazyProvider = keyof typeof FILLS;

export function lazyBackend(provider: LazyProvider, load: () => Promise<Backend>): Backend {
  const loaded = lazily(load);

  async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const backend = await loaded();
    yield* backend.chat(call, signal);
  }

  async function* fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const backend = await loaded();
    yield* backend.fim?.(call, signal) ?? [];
  }

  return { provider, chat, ...(FILLS[provider] ? { fim } : {}) };
}
