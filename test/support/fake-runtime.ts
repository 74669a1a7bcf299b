// A GGUF runtime for tests of what stands before it: answers from functions, remembers what was asked, counts words.
import type { ChatRequest, ChoiceRequest, FillRequest, LlamaRuntime, ModelSpec, Written } from '../../src/adapters/llama/runtime';
import { throwIfAborted } from '../../src/shared/abort';

export interface FakeRuntimeOptions {
  /** Weight of a choice; normalised. All alike when left out. */
  readonly weigh?: (choice: string, request: ChoiceRequest) => number;
  readonly embed?: (text: string) => readonly number[];
  readonly rank?: (query: string, document: string) => number;
  /** What a model writes, for chat and for fill-in-the-middle. */
  readonly write?: (request: ChatRequest | FillRequest) => readonly Written[];
  readonly trainContextTokens?: number;
  /** Thrown by every call. */
  readonly fails?: Error;
  /** Milliseconds before every answer. */
  readonly delayMs?: number;
}

export interface FakeRuntime extends LlamaRuntime {
  readonly chosen: { readonly model: ModelSpec; readonly request: ChoiceRequest }[];
  readonly embedded: string[][];
  readonly ranked: string[][];
  readonly counted: string[];
  readonly written: { readonly model: ModelSpec; readonly request: ChatRequest | FillRequest }[];
  readonly quarantined: { sha256: string; path: string; what: string }[];
  readonly warmed: { readonly model: ModelSpec; readonly request: ChoiceRequest | undefined }[];
}

const IDLE = { child: 'ready', restarts: 0, rssBytes: undefined } as const;

export function fakeRuntime(options: FakeRuntimeOptions = {}): FakeRuntime {
  const chosen: FakeRuntime['chosen'] = [];
  const embedded: string[][] = [];
  const ranked: string[][] = [];
  const counted: string[] = [];
  const warmed: FakeRuntime['warmed'] = [];
  const written: FakeRuntime['written'] = [];
  const quarantined: FakeRuntime['quarantined'] = [];
  const answer = async <T>(signal: AbortSignal, value: () => T): Promise<T> => {
    throwIfAborted(signal);
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    throwIfAborted(signal);
    if (options.fails) throw options.fails;
    return value();
  };
  async function* write(model: ModelSpec, request: ChatRequest | FillRequest, signal: AbortSignal): AsyncGenerator<Written> {
    written.push({ model, request });
    await answer(signal, () => undefined);
    for (const piece of options.write?.(request) ?? []) {
      throwIfAborted(signal);
      yield piece;
    }
  }
  const words = (text: string): number => text.split(/\s+/u).length;
  return {
    chosen,
    embedded,
    ranked,
    counted,
    warmed,
    written,
    quarantined,
    chat: write,
    fill: write,
    facts: (_, signal) =>
      answer(signal, () => ({
        architecture: 'qwen2',
        trainContextTokens: options.trainContextTokens ?? 32_768,
        embeddingSize: 4,
        layers: 1,
        hasChatTemplate: true,
        bytes: 1,
        device: 'cpu',
        sha256: '0',
      })),
    embed: (_, texts, signal) => {
      embedded.push([...texts]);
      return answer(signal, () => texts.map((text) => Float32Array.from(options.embed?.(text) ?? [1])));
    },
    rank: (_, query, documents, signal) => {
      ranked.push([query, ...documents]);
      return answer(signal, () => documents.map((document) => options.rank?.(query, document) ?? 0.5));
    },
    choose: (model, request, signal) => {
      chosen.push({ model, request });
      return answer(signal, () => {
        const weights = request.choices.map((choice) => options.weigh?.(choice, request) ?? 1);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return { logProbabilities: weights.map((weight) => Math.log(weight / total)), promptTokens: 1, cachedTokens: 0, extraPasses: 0 };
      });
    },
    countTokens: (_, text, signal) => {
      counted.push(text);
      return answer(signal, () => words(text));
    },
    warm: (model, request) => void warmed.push({ model, request }),
    state: () => ({ ...IDLE, quarantined, writer: IDLE }),
    tryAgain: () => undefined,
    dispose: () => Promise.resolve(),
  };
}
