// Reads a streamed chat completion: text, thoughts, tool calls, usage, the model that ran, and how it ended.
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
  /** Told where thoughts stand, so that they can go back the same way. */
  readonly thinksIn?: (field: ThoughtField) => void;
}

/** DeepSeek, llama-server and most others write the first; OpenRouter, Groq and newer vLLM the second. */
const THOUGHT_FIELDS = ['reasoning_content', 'reasoning'] as const;
export type ThoughtField = (typeof THOUGHT_FIELDS)[number];

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
  for await (const chunk of chunks) yield* readChunk(chunk, state, reading);
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

function* readChunk(chunk: LooseChunk, state: State, reading: Reading): Generator<ChatEvent, void, undefined> {
  state.chunks += 1;
  yield* executed(chunk, state);
  if (chunk.usage) state.usage = toUsage(chunk.usage);
  const { delta, finish_reason: finish } = firstChoice(chunk);
  for (const piece of delta?.tool_calls ?? []) state.drafts.add(piece);
  if (delta) yield* readDelta(delta, state, reading);
  if (finish) state.finish = toFinish(finish);
}

function* readDelta(delta: LooseDelta, state: State, { thinksIn }: Reading): Generator<ChatEvent, void, undefined> {
  const field = THOUGHT_FIELDS.find((name) => typeof delta[name] === 'string' && delta[name] !== '');
  if (field) {
    thinksIn?.(field);
    yield { type: 'thinking', text: String(delta[field]) };
  }
  for (const { type, text = '', thinking = [] } of piecesOf(delta)) {
    const thought = type === 'thinking' ? thinking.map((piece) => piece.text ?? '').join('') : '';
    if (thought) yield { type: 'thinking', text: thought };
    if (type !== 'text' || text === '') continue;
    state.spoke = true;
    yield { type: 'text', text };
  }
}

function piecesOf({ content, refusal }: LooseDelta): readonly ContentPiece[] {
  const said = content ?? refusal ?? [];
  return typeof said === 'string' ? [{ type: 'text', text: said }] : said;
}

/** Said once, by the first chunk that has it. */
function* executed({ model }: LooseChunk, state: State): Generator<ChatEvent, void, undefined> {
  if (!model || state.model !== undefined) return;
  state.model = model;
  yield { type: 'executed', model };
}

type Choice = ChatCompletionChunk.Choice;
/** Mistral's thinking models send their content in pieces of several kinds. */
interface ContentPiece {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: readonly { readonly text?: string }[];
}
type LooseDelta = Partial<Omit<Choice['delta'], 'content'>> & {
  readonly content?: string | null | readonly ContentPiece[];
} & { readonly [K in ThoughtField]?: unknown };
type LooseChoice = Partial<Omit<Choice, 'delta'>> & { readonly delta?: LooseDelta };

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

type LooseUsage = NonNullable<ChatCompletionChunk['usage']> & {
  /** DeepSeek's name for it. */
  readonly prompt_cache_hit_tokens?: number;
  readonly prompt_tokens_details?: { readonly cache_write_tokens?: number };
};

function toUsage(usage: LooseUsage): Usage {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens;
  const written = usage.prompt_tokens_details?.cache_write_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(typeof written === 'number' && written > 0 ? { cacheWriteTokens: written } : {}),
  };
}
