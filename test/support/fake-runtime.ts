// A GGUF runtime for tests of the classifiers: answers from functions, remembers what was asked, counts words.
import type { ChoiceRequest, LlamaRuntime, ModelSpec } from '../../src/adapters/llama/runtime';
import { throwIfAborted } from '../../src/shared/abort';

export interface FakeRuntimeOptions {
  /** Weight of a choice; normalised. All alike when left out. */
  readonly weigh?: (choice: string, request: ChoiceRequest) => number;
  readonly embed?: (text: string) => readonly number[];
  readonly rank?: (query: string, document: string) => number;
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
  readonly warmed: { readonly model: ModelSpec; readonly request: ChoiceRequest | undefined }[];
}

export function fakeRuntime(options: FakeRuntimeOptions = {}): FakeRuntime {
  const chosen: FakeRuntime['chosen'] = [];
  const embedded: string[][] = [];
  const ranked: string[][] = [];
  const counted: string[] = [];
  const warmed: FakeRuntime['warmed'] = [];
  const answer = async <T>(signal: AbortSignal, value: () => T): Promise<T> => {
    throwIfAborted(signal);
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    throwIfAborted(signal);
    if (options.fails) throw options.fails;
    return value();
  };
  const words = (text: string): number => text.split(/\s+/u).length;
  return {
    chosen,
    embedded,
    ranked,
    counted,
    warmed,
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
    state: () => ({ child: 'ready', quarantined: [], restarts: 0, rssBytes: undefined }),
    tryAgain: () => undefined,
    dispose: () => Promise.resolve(),
  };
}
