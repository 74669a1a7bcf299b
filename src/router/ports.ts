// What the router needs of the outside world. Adapters and the editor fulfil these; tests fake only these.
import type { Candidate, Classification, Decision, Locality, ProviderKind } from './types';

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
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly mimeType: string; readonly data: Uint8Array }
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
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly toolMode: 'auto' | 'required';
  /** Passed through: temperature, top_p, max_tokens, stop, seed ... */
  readonly options: Readonly<Record<string, unknown>>;
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

export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'thinking' } & Thought)
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** The model the server says it ran; compared with the one announced. */
  | { readonly type: 'executed'; readonly model: string }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'tool_calls' | 'filtered' | 'unknown' };

/** One fill-in-the-middle request; the text between prefix and suffix is wanted. */
export interface FimCall {
  readonly candidate: Candidate;
  readonly prefix: string;
  readonly suffix: string;
  readonly maxTokens: number;
  readonly stop: readonly string[];
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

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Receives every decision once it is made. Must not throw. */
export type DecisionSink = (decision: Decision) => void;
