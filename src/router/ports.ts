// What the router needs of the outside world. Adapters and the editor fulfil these; tests fake only these.
import type { Candidate, Classification, Decision, Locality, ProviderKind, SecretCount } from './types';

export interface ClassifierRoute {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** What a classifier may read. Host envelopes (system prompts, tool output) are already stripped. */
export interface ClassifierInput {
  /** The last user turn. */
  readonly text: string;
  /** One full previous turn. */
  readonly previousUser?: string;
  readonly previousAssistant?: string;
  readonly previousRoute?: string;
  readonly routes: readonly ClassifierRoute[];
}

/**
 * Reads a request and says how probable each route is, and `other`.
 * Rejects with RouterError or, when the signal aborts, with an AbortError.
 */
export interface Classifier {
  readonly id: string;
  /** The ladder takes the next classifier's answer after this many milliseconds. */
  readonly deadlineMs: number;
  /** `hosted`: the text leaves this machine to be classified. On this machine when left out. */
  readonly locality?: Locality;
  classify(input: ClassifierInput, signal: AbortSignal): Promise<Classification>;
  /** Loads what the first call would otherwise wait for. Never throws; safe to call often. */
  warm?(routes: readonly ClassifierRoute[]): void;
}

/**
 * What a model thought before it answered. In a stream the text comes in pieces and a piece with `signature` ends
 * one thought; in a message each part is one whole thought.
 */
export interface Thought {
  readonly text: string;
  /** The server's seal or the encrypted thought; valid only for models of `family`, and never to be changed. */
  readonly signature?: string;
  /** The server's name for the thought (OpenAI's Responses). */
  readonly id?: string;
  /** True when the server shows no text; `signature` is then the encrypted thought. */
  readonly redacted?: boolean;
}

export type Part =
  /** `files`: workspace-relative paths of those whose text this is or may repeat, where that is known. */
  | { readonly type: 'text'; readonly text: string; readonly files?: readonly string[] }
  | { readonly type: 'image'; readonly mimeType: string; readonly data: Uint8Array; readonly files?: readonly string[] }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'tool_result'; readonly id: string; readonly text: string; readonly isError?: boolean }
  /** `family` is that of the model that thought it. */
  | ({ readonly type: 'thinking'; readonly family?: string } & Thought);

/** One message as the model is to see it. Tool results travel in `tool` messages. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly parts: readonly Part[];
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input. */
  readonly inputSchema: object | undefined;
}

export interface ChatCall {
  readonly candidate: Candidate;
  /** Opaque id of the decision; goes to servers on this machine, so that their logs can be told apart. */
  readonly decisionId?: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly toolMode: 'auto' | 'required';
  /** Passed through: temperature, top_p, max_tokens, stop, seed ... */
  readonly options: Readonly<Record<string, unknown>>;
  /** The user has seen which secrets this request holds and lets them go as they are. */
  readonly secrets?: 'send';
}

/** Tokens as the server counted them, or as they were estimated where it did not. */
export interface Usage {
  /** All of the prompt, cached tokens included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Those of `inputTokens` that were read from the server's cache. */
  readonly cachedInputTokens?: number;
  /** Those of `inputTokens` that were written to the cache (Anthropic charges more for them). */
  readonly cacheWriteTokens?: number;
  /** True when the server did not count. */
  readonly estimated?: boolean;
}

/** What was taken out of a request before it left this machine. */
export interface HeldBack {
  /** Paths of files that are never sent. */
  readonly files: readonly string[];
  /** Secrets that placeholders stand in for. */
  readonly secrets: readonly SecretCount[];
}

export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'thinking' } & Thought)
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** The model the server says it ran; compared with the one announced. */
  | { readonly type: 'executed'; readonly model: string }
  /** Before a hosted model's answer: what it did not get to see. */
  | ({ readonly type: 'outgoing' } & HeldBack)
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'tool_calls' | 'filtered' | 'unknown' };

/** Text of another file, or of another part of the same one, that helps to fill in. */
export interface FimExtra {
  /** Workspace-relative. */
  readonly path: string;
  readonly text: string;
}

/** How likely a model found what it wrote: natural logarithms of its probabilities, 0 at most. */
export interface Sureness {
  /** Mean of its first tokens, and the least likely of them. */
  readonly mean: number;
  readonly least: number;
}

/** What becomes known while a model fills in, besides its text. */
export type FimNote =
  /** So many characters of a prompt were so many tokens, by the model's own tokenizer or its server's count. */
  | { readonly kind: 'counted'; readonly chars: number; readonly tokens: number }
  /** Of the next tokens, each; natural logarithms. */
  | { readonly kind: 'sure'; readonly logProbabilities: readonly number[] };

/** One fill-in-the-middle request; the text between prefix and suffix is wanted. */
export interface FimCall {
  readonly candidate: Candidate;
  /** The decision that it carries out. */
  readonly decisionId?: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** The file that is written in, and its VS Code language id. Without the path no hosted model gets the call. */
  readonly path?: string;
  readonly language?: string;
  /** The same order while it stays the same, so that servers find their caches again. */
  readonly extra?: readonly FimExtra[];
  /** Told what becomes known on the way. Must not throw. */
  readonly note?: (note: FimNote) => void;
  /** A count of tokens is wanted, where it costs the answer nothing. */
  readonly count?: true;
}

/**
 * A way to reach models. Streams end when the answer does; they reject with RouterError, or with an
 * AbortError as soon as the signal aborts, which also closes the connection.
 */
export interface Backend {
  readonly provider: ProviderKind;
  chat(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent>;
  /** Absent when the provider cannot fill in the middle. Yields text. */
  fim?(call: FimCall, signal: AbortSignal): AsyncIterable<string>;
}

export interface FoundSecret {
  /** Such as “GitHub token”; never the secret. */
  readonly kind: string;
  /** Where it stands in the text, in UTF-16 units; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** Looks for secrets in each text, on this machine. Rejects when it cannot, which must be taken for a find. */
export type SecretFinder = (texts: readonly string[], signal: AbortSignal) => Promise<readonly (readonly FoundSecret[])[]>;

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Receives every decision once it is made. Must not throw. */
export type DecisionSink = (decision: Decision) => void;
