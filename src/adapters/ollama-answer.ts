// Reads Ollama's streamed answers: text, thoughts, tool calls, usage, the model that ran, and how it ended.
import type { ChatEvent } from '../router/ports';
import { RouterError } from '../shared/errors';
import { newCallId } from './tool-calls';

type Finish = Extract<ChatEvent, { type: 'finish' }>['reason'];

/** One line of /api/chat or /api/generate. */
export interface OllamaChunk {
  readonly model?: string;
  readonly message?: {
    readonly content?: string;
    readonly thinking?: string;
    readonly tool_calls?: readonly {
      readonly id?: string;
      readonly function?: { readonly name?: string; readonly arguments?: unknown };
    }[];
  };
  readonly response?: string;
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  /** Of /api/generate, when asked for, from version 0.12.11 on. */
  readonly logprobs?: readonly { readonly logprob?: number }[];
  readonly error?: unknown;
}

interface State {
  named: boolean;
  spoke: boolean;
  called: boolean;
}

export async function* readOllamaAnswer(chunks: AsyncIterable<OllamaChunk>, host: string): AsyncGenerator<ChatEvent, void, undefined> {
  const state: State = { named: false, spoke: false, called: false };
  let last: OllamaChunk = { done: true };
  for await (const chunk of chunks) {
    last = chunk;
    yield* readChunk(chunk, state);
  }
  if (last.done !== true) throw new RouterError('cut', `The answer of ${host} ended in the middle.`);
  const reason = state.called ? 'tool_calls' : toFinish(last.done_reason);
  if (!state.spoke && reason !== 'tool_calls' && reason !== 'length') throw new RouterError('malformed', `${host} answered nothing.`);
  yield* usage(last);
  yield { type: 'finish', reason };
}

function* readChunk(chunk: OllamaChunk, state: State): Generator<ChatEvent, void, undefined> {
  if (!state.named && chunk.model) {
    state.named = true;
    yield { type: 'executed', model: chunk.model };
  }
  if (chunk.message?.thinking) yield { type: 'thinking', text: chunk.message.thinking };
  if (chunk.message?.content) {
    state.spoke = true;
    yield { type: 'text', text: chunk.message.content };
  }
  for (const call of toolCalls(chunk)) {
    state.called = true;
    yield call;
  }
}

function* toolCalls({ message }: OllamaChunk): Generator<ChatEvent, void, undefined> {
  for (const { id, function: called } of message?.tool_calls ?? []) {
    if (!called?.name) continue;
    yield { type: 'tool_call', id: id ?? newCallId(), name: called.name, input: called.arguments ?? {} };
  }
}

function* usage(last: OllamaChunk): Generator<ChatEvent, void, undefined> {
  if (last.eval_count === undefined) return;
  // Left out by older versions when the whole prompt was in the cache.
  yield { type: 'usage', usage: { inputTokens: last.prompt_eval_count ?? 0, outputTokens: last.eval_count } };
}

function toFinish(reason: string | undefined): Finish {
  return reason === 'stop' || reason === 'length' ? reason : 'unknown';
}
