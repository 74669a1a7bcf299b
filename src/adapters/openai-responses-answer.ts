// Reads a streamed answer of OpenAI's Responses API: text, thoughts, tool calls, usage, the model that ran, and how it
// ended.
import type { Response, ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { ChatEvent, Usage } from '../router/ports';
import { RouterError } from '../shared/errors';
import { parseInput } from './tool-calls';

type Finish = Extract<ChatEvent, { type: 'finish' }>['reason'];

interface State {
  named: boolean;
  spoke: boolean;
  called: boolean;
  /** The whole answer, once it has ended. */
  whole: Partial<Response> | undefined;
  /** The part of a thought's summary that was last read. */
  part: string | undefined;
}

/** `host` is for the words of errors. */
export async function* readResponse(events: AsyncIterable<ResponseStreamEvent>, host: string): AsyncGenerator<ChatEvent, void, undefined> {
  const state: State = { named: false, spoke: false, called: false, whole: undefined, part: undefined };
  let began = false;
  for await (const event of events) {
    began = true;
    yield* readEvent(event, state);
  }
  if (began && !state.whole) throw new RouterError('cut', `The answer of ${host} ended in the middle.`);
  const reason = howItEnded(state);
  if (!state.spoke && (reason === 'stop' || reason === 'unknown')) throw new RouterError('malformed', `${host} answered nothing.`);
  if (state.whole?.usage) yield { type: 'usage', usage: toUsage(state.whole.usage) };
  yield { type: 'finish', reason };
}

function* readEvent(event: ResponseStreamEvent, state: State): Generator<ChatEvent, void, undefined> {
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
      yield* executed(event.response, state);
      return;
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      if (!event.delta) return;
      state.spoke = true;
      yield { type: 'text', text: event.delta };
      return;
    case 'response.reasoning_summary_text.delta':
      yield* thought(`${event.item_id} ${String(event.summary_index)}`, event.delta, state);
      return;
    case 'response.reasoning_text.delta':
      yield* thought(event.item_id, event.delta, state);
      return;
    case 'response.output_item.done':
      yield* readItem(event.item, state);
      return;
    case 'response.completed':
    case 'response.incomplete':
      yield* executed(event.response, state);
      state.whole = event.response;
      return;
    case 'response.failed':
      throw reported(event.response.error);
    case 'error':
      throw reported(event);
    default: // What happens in between, and tools that the server runs itself.
  }
}

/** In the form in which errors.ts finds a server's report. */
function reported(error: unknown): Error {
  return Object.assign(new Error('reported by the server'), { error: error ?? {} });
}

/** Said once, by the first event that has it. */
function* executed({ model }: Partial<Response>, state: State): Generator<ChatEvent, void, undefined> {
  if (state.named || !model) return;
  state.named = true;
  yield { type: 'executed', model };
}

/** Parts of a summary are paragraphs. */
function* thought(part: string, delta: string, state: State): Generator<ChatEvent, void, undefined> {
  const between = state.part !== undefined && state.part !== part ? '\n\n' : '';
  state.part = part;
  if (delta) yield { type: 'thinking', text: between + delta };
}

function* readItem(item: ResponseOutputItem, state: State): Generator<ChatEvent, void, undefined> {
  if (item.type === 'reasoning' && item.encrypted_content) {
    state.part = undefined;
    yield { type: 'thinking', text: '', signature: item.encrypted_content, id: item.id };
  }
  if (item.type === 'function_call') {
    state.spoke = true;
    state.called = true;
    yield { type: 'tool_call', id: item.call_id, name: item.name, input: parseInput(item.name, item.arguments) };
  }
}

function howItEnded({ whole, called }: State): Finish {
  switch (whole?.incomplete_details?.reason) {
    case 'max_output_tokens':
      return 'length';
    case 'content_filter':
      return 'filtered';
    default:
      if (called) return 'tool_calls';
      return whole?.status === 'completed' ? 'stop' : 'unknown';
  }
}

type Counted = NonNullable<Response['usage']>;
/** Servers that only imitate the API leave the details out. */
type LooseUsage = Pick<Counted, 'input_tokens' | 'output_tokens'> & { readonly input_tokens_details?: Partial<Counted['input_tokens_details']> };

function toUsage(usage: LooseUsage): Usage {
  const { cached_tokens: cached, cache_write_tokens: written } = usage.input_tokens_details ?? {};
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(written ? { cacheWriteTokens: written } : {}),
  };
}
