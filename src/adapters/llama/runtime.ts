// What the local GGUF runtime can do, as its callers see it. `create-runtime.ts` fulfils it with a forked child
// process that the extension owns; nothing native ever loads in this process.

import type { FimExtra, Message, ToolDefinition } from '../../router/ports';

export type GpuSetting = 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';

/** One GGUF file and how it is to be used. A runtime keeps one loaded model per `path` and `use`. */
export interface ModelSpec {
  /** Absolute path of the file. */
  readonly path: string;
  /** `generation` reads one token of an answer, for classifiers; `writing` chats and fills in the middle. */
  readonly use: 'embedding' | 'ranking' | 'generation' | 'writing';
  /**
   * Context size in tokens; the model's own training size or 4096, whichever is less, when left out. For `writing`
   * the most that a context may grow to, and 32,768 instead of 4096.
   */
  readonly contextTokens?: number;
}

/** One next-token decision over whole strings, without free generation. */
export interface ChoiceRequest {
  /** Chat turns rendered with the model's own template, or raw text. */
  readonly prompt:
    | { readonly kind: 'chat'; readonly system?: string; readonly user: string; readonly answerStart: string }
    | { readonly kind: 'raw'; readonly text: string };
  /** Leading part of the rendered user text that is the same from request to request: kept in the KV cache. */
  readonly stablePrefix?: string;
  /** The strings the answer may continue with, such as `bug_fixing"}`. */
  readonly choices: readonly string[];
}

export interface ChoiceAnswer {
  /** Natural-log probability of each choice given the prompt, normalised over the choices, in their order. */
  readonly logProbabilities: readonly number[];
  /** Tokens of the prompt, and how many of them came from the KV cache. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Forward passes besides the prompt's own. */
  readonly extraPasses: number;
}

/** How tokens are drawn. What is left out is llama.cpp's own default. */
export interface Sampling {
  /** 0 always takes the likeliest token. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
  readonly repeatPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** As many as the context holds when left out. */
  readonly maxTokens?: number;
  /** The answer ends before the first of these. */
  readonly stop?: readonly string[];
}

export interface ChatRequest {
  /** Without images. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly sampling: Sampling;
}

export interface FillRequest {
  readonly prefix: string;
  readonly suffix: string;
  /** The file that is written in, and its VS Code language id. */
  readonly path?: string;
  readonly language?: string;
  /** Other files that go along, always in the same order. */
  readonly extra?: readonly FimExtra[];
  /** Say how many tokens the prefix has. */
  readonly count?: true;
  readonly sampling: Sampling;
}

/** What comes while a model writes, in order; `end` is the last one. */
export type Written =
  /** Progress: the request waits, its file loads, or its prompt is being read. */
  | { readonly type: 'busy' }
  /** So many characters of the prompt are so many tokens. */
  | { readonly type: 'counted'; readonly chars: number; readonly tokens: number }
  | { readonly type: 'text' | 'thinking'; readonly text: string }
  | { readonly type: 'tool_call'; readonly name: string; readonly input: unknown }
  | ({ readonly type: 'end' } & WritingEnd);

/** Exact, by the model's own tokenizer and cache. */
export interface WritingEnd {
  readonly promptTokens: number;
  /** Those of the prompt that were in the KV cache; only the others were evaluated. */
  readonly cachedTokens: number;
  readonly writtenTokens: number;
  readonly finish: 'stop' | 'length' | 'tool_calls';
}

export interface ModelFacts {
  readonly architecture: string;
  readonly trainContextTokens: number;
  readonly embeddingSize: number;
  readonly layers: number;
  readonly hasChatTemplate: boolean;
  readonly bytes: number;
  /** Device it runs on, such as `cpu` or `cuda (NVIDIA H100)`. */
  readonly device: string;
  readonly sha256: string;
}

export interface RuntimeState {
  readonly child: 'stopped' | 'starting' | 'ready' | 'backing_off';
  /** Files whose hash crashed the child, with what happened. */
  readonly quarantined: readonly { readonly sha256: string; readonly path: string; readonly what: string }[];
  readonly restarts: number;
  readonly rssBytes: number | undefined;
  /** The second child, in which models write; the fields above are those of the one that classifies. */
  readonly writer: Pick<RuntimeState, 'child' | 'restarts' | 'rssBytes'>;
}

/**
 * Every call loads what it needs. Rejects with RouterError (`runtime`, `bad_file`, `timeout`, `unsupported`) or
 * with an AbortError as soon as the signal aborts; the child then stops between chunks, or is killed.
 */
export interface LlamaRuntime {
  facts(model: ModelSpec, signal: AbortSignal): Promise<ModelFacts>;
  /** One unnormalised vector per text, in order. Texts longer than the context keep head and tail. */
  embed(model: ModelSpec, texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
  /** Relevance 0..1 of each document to the query (cross-encoder). */
  rank(model: ModelSpec, query: string, documents: readonly string[], signal: AbortSignal): Promise<number[]>;
  choose(model: ModelSpec, request: ChoiceRequest, signal: AbortSignal): Promise<ChoiceAnswer>;
  /** An answer in the model's own chat template. Leaving the loop early stops it. */
  chat(model: ModelSpec, request: ChatRequest, signal: AbortSignal): AsyncIterable<Written>;
  /** The text between prefix and suffix. Rejects with `unsupported` when the model has no marks for that. */
  fill(model: ModelSpec, request: FillRequest, signal: AbortSignal): AsyncIterable<Written>;
  countTokens(model: ModelSpec, text: string, signal: AbortSignal): Promise<number>;
  /** Starts the child and loads the model, and evaluates the stable prefix when given. Never rejects. */
  warm(model: ModelSpec, request?: ChoiceRequest): void;
  state(): RuntimeState;
  /** Lifts the quarantine of a file. */
  tryAgain(path: string): void;
  /** Ends the child; calls in flight reject. */
  dispose(): Promise<void>;
}
