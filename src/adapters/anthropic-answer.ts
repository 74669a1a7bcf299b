// Reads a streamed answer of Anthropic's Messages API: text, thoughts with their seals, tool calls, usage, the model
// that ran, and how it ended.
import type Anthropic from '@anthropic-ai/sdk';
import type { ChatEvent, Usage } from '../router/ports';
import { RouterError } from '../shared/errors';
import { parseInput } from './tool-calls';

type Finish = Extract<ChatEvent, { type: 'finish' }>['reason'];
type Counted = Partial<Pick<Anthropic.Usage, 'input_tokens' | 'output_tokens' | 'cache_read_input_tokens' | 'cache_creation_input_tokens'>>;

interface Call {
  readonly id: string;
  readonly name: string;
  json: string;
  readonly given: unknown;
}

interface State {
  /** The block being read, when it is a call. */
  call: Call | undefined;
  readonly counted: { -readonly [K in keyof Counted]: number };
  stop: string | undefined;
  spoke: boolean;
  ended: boolean;
}

/** `host` is for the words of errors. */
export async function* readMessage(events: AsyncIterable<Anthropic.RawMessageStreamEvent>, host: string): AsyncGenerator<ChatEvent, void, undefined> {
  const state: State = { call: undefined, counted: {}, stop: undefined, spoke: false, ended: false };
  let began = false;
  for await (const event of events) {
    began = true;
    yield* readEvent(event, state);
  }
  if (began && !state.ended) throw new RouterError('cut', `The answer of ${host} ended in the middle.`);
  const reason = toFinish(state.stop);
  if (!state.spoke && (reason === 'stop' || reason === 'unknown')) throw new RouterError('malformed', `${host} answered nothing.`);
  const usage = toUsage(state.counted);
  if (usage) yield { type: 'usage', usage };
  yield { type: 'finish', reason };
}

function* readEvent(event: Anthropic.RawMessageStreamEvent, state: State): Generator<ChatEvent, void, undefined> {
  switch (event.type) {
    case 'message_start':
      count(event.message.usage, state);
      if (event.message.model) yield { type: 'executed', model: event.message.model };
      return;
    case 'content_block_start':
      yield* readStart(event.content_block, state);
      return;
    case 'content_block_delta':
      yield* readDelta(event.delta, state);
      return;
    case 'content_block_stop':
      yield* readStop(state);
      return;
    case 'message_delta':
      state.stop = event.delta.stop_reason ?? state.stop;
      count(event.usage, state);
      return;
    case 'message_stop':
      state.ended = true;
  }
}

/** Most blocks begin empty; some servers put all of a short one here. */
function* readStart(block: Anthropic.RawContentBlockStartEvent['content_block'], state: State): Generator<ChatEvent, void, undefined> {
  switch (block.type) {
    case 'text':
      yield* said(block.text, state);
      return;
    case 'thinking':
      if (block.thinking) yield { type: 'thinking', text: block.thinking };
      return;
    case 'redacted_thinking':
      yield { type: 'thinking', text: '', signature: block.data, redacted: true };
      return;
    case 'tool_use':
      state.call = { id: block.id, name: block.name, json: '', given: block.input };
      return;
    default: // Blocks of tools that the server runs itself; none was offered.
  }
}

function* readDelta(delta: Anthropic.RawContentBlockDelta, state: State): Generator<ChatEvent, void, undefined> {
  switch (delta.type) {
    case 'text_delta':
      yield* said(delta.text, state);
      return;
    case 'input_json_delta':
      if (state.call) state.call.json += delta.partial_json;
      return;
    case 'thinking_delta':
      if (delta.thinking) yield { type: 'thinking', text: delta.thinking };
      return;
    case 'signature_delta':
      yield { type: 'thinking', text: '', signature: delta.signature };
      return;
    default: // Citations; nothing was given that could be cited.
  }
}

function* said(text: string, state: State): Generator<ChatEvent, void, undefined> {
  if (!text) return;
  state.spoke = true;
  yield { type: 'text', text };
}

function* readStop(state: State): Generator<ChatEvent, void, undefined> {
  const { call } = state;
  if (!call) return;
  state.call = undefined;
  state.spoke = true;
  yield { type: 'tool_call', id: call.id, name: call.name, input: call.json === '' ? (call.given ?? {}) : parseInput(call.name, call.json) };
}

/** The counts of later events are totals, and may leave out what has not changed. */
function count(usage: { readonly [K in keyof Counted]?: number | null } | null | undefined, { counted }: State): void {
  for (const name of ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const) {
    const value = usage?.[name];
    if (typeof value === 'number') counted[name] = value;
  }
}

/** `input_tokens` there leaves out what was read from or written to the cache. */
function toUsage(counted: State['counted']): Usage | undefined {
  const { input_tokens: fresh, output_tokens: output, cache_read_input_tokens: cached = 0, cache_creation_input_tokens: written = 0 } = counted;
  if (fresh === undefined || output === undefined) return undefined;
  return {
    inputTokens: fresh + cached + written,
    outputTokens: output,
    cachedInputTokens: cached,
    ...(written > 0 ? { cacheWriteTokens: written } : {}),
  };
}

function toFinish(reason: string | undefined): Finish {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'filtered';
    default:
      return 'unknown';
  }
}
