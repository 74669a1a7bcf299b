// Reads a streamed chat completion: text, tool calls, usage, the model that ran, and how it ended.
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { ChatEvent, Usage } from '../router/ports';
import { RouterError } from '../shared/errors';
import { createToolCallDrafts, type ToolCallDrafts } from './tool-calls';

type Finish = Extract<ChatEvent, { type: 'finish' }>['reason'];

/** What servers really send: any field may be missing or null. */
export type LooseChunk = { readonly [K in keyof ChatCompletionChunk]?: ChatCompletionChunk[K] | null };

export interface Reading {
  readonly host: string;
  /** Did the stream end with the `[DONE]` event? Asked after its end. */
  readonly endedWithDone: () => boolean;
}

interface State {
  model: string | undefined;
  usage: Usage | undefined;
  finish: Finish | undefined;
  /** True once the model said something, be it one space. */
  spoke: boolean;
  chunks: number;
  readonly drafts: ToolCallDrafts;
}

export async function* readAnswer(chunks: AsyncIterable<LooseChunk>, reading: Reading): AsyncGenerator<ChatEvent, void, undefined> {
  const state: State = { model: undefined, usage: undefined, finish: undefined, spoke: false, chunks: 0, drafts: createToolCallDrafts() };
  for await (const chunk of chunks) yield* readChunk(chunk, state);
  if (state.chunks > 0 && state.finish === undefined && !reading.endedWithDone()) {
    throw new RouterError('cut', `The answer of ${reading.host} ended in the middle.`);
  }
  const calls = state.drafts.finish();
  yield* calls;
  const finish = howItEnded(state, calls.length);
  if (!state.spoke && (finish === 'stop' || finish === 'unknown')) throw new RouterError('malformed', `${reading.host} answered nothing.`);
  if (state.usage) yield { type: 'usage', usage: state.usage };
  yield { type: 'finish', reason: finish };
}

/** Some servers say `stop` after a tool call. */
function howItEnded({ finish = 'unknown' }: State, calls: number): Finish {
  return calls > 0 && (finish === 'stop' || finish === 'unknown') ? 'tool_calls' : finish;
}

function* readChunk(chunk: LooseChunk, state: State): Generator<ChatEvent, void, undefined> {
  state.chunks += 1;
  yield* executed(chunk, state);
  if (chunk.usage) state.usage = toUsage(chunk.usage);
  const { delta, finish_reason: finish } = firstChoice(chunk);
  for (const piece of delta?.tool_calls ?? []) state.drafts.add(piece);
  const text = delta?.content ?? delta?.refusal;
  if (text) {
    state.spoke = true;
    yield { type: 'text', text };
  }
  if (finish) state.finish = toFinish(finish);
}

/** Said once, by the first chunk that has it. */
function* executed({ model }: LooseChunk, state: State): Generator<ChatEvent, void, undefined> {
  if (!model || state.model !== undefined) return;
  state.model = model;
  yield { type: 'executed', model };
}

type Choice = ChatCompletionChunk.Choice;
type LooseChoice = Partial<Omit<Choice, 'delta'>> & { readonly delta?: Partial<Choice['delta']> };

/** `n` may be more than one when the caller asked so; the first answer is the answer. */
function firstChoice(chunk: LooseChunk): LooseChoice {
  const choices: readonly LooseChoice[] = chunk.choices ?? [];
  return choices.find(({ index = 0 }) => index === 0) ?? {};
}

function toFinish(reason: string): Finish {
  switch (reason) {
    case 'stop':
    case 'eos':
      return 'stop';
    case 'length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    case 'content_filter':
      return 'filtered';
    default:
      return 'unknown';
  }
}

function toUsage(usage: NonNullable<ChatCompletionChunk['usage']>): Usage {
  const cached = usage.prompt_tokens_details?.cached_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
  };
}
