// Models in our own child process as a backend: chat by the model's template, fill-in-the-middle by its marks.
import { randomUUID } from 'node:crypto';
import type { Backend, ChatCall, ChatEvent, FimCall, Message } from '../router/ports';
import type { Candidate } from '../router/types';
import { RouterError } from '../shared/errors';
import { DEFAULT_DEADLINES, readWithin, type Deadlines } from './deadlines';
import type { LlamaRuntime, ModelSpec, Sampling, Written } from './llama/runtime';
import { createThoughtMemory } from './thoughts';

export interface LlamaBackendDeps {
  readonly runtime: Pick<LlamaRuntime, 'chat' | 'fill'>;
  /** Between two signs of life, of which a request that waits or a file that loads gives some too. */
  readonly deadlines?: Partial<Deadlines>;
}

export function createLlamaBackend({ runtime, deadlines }: LlamaBackendDeps): Backend {
  const thoughts = createThoughtMemory();
  const within = (open: (signal: AbortSignal) => AsyncIterable<Written>, signal: AbortSignal): AsyncIterable<Written> =>
    readWithin({ open, explain, deadlines: { ...DEFAULT_DEADLINES, ...deadlines } }, signal);

  async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    refuseWhatItCannot(call);
    const { candidate, tools, options } = call;
    const messages = call.messages.map((message) => withThoughts(message, (parts) => thoughts.restore(candidate, parts)));
    const request = { messages, tools, sampling: samplingOf(options, candidate) };
    const written = within((inner) => runtime.chat(specOf(candidate), request, inner), signal);
    yield* thoughts.watch(candidate, readChat(written, candidate.model));
  }

  async function* fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    // Functions do not cross to the child.
    const { candidate, maxTokens, stop, note, ...around } = call;
    const request = { ...around, sampling: { temperature: 0, maxTokens, stop } };
    for await (const piece of within((inner) => runtime.fill(specOf(candidate), request, inner), signal)) {
      if (piece.type === 'text') yield piece.text;
      else if (piece.type === 'counted') note?.({ kind: 'counted', chars: piece.chars, tokens: piece.tokens });
    }
  }

  return { provider: 'llama', chat, fim };
}

function specOf({ model: path, contextTokens }: Candidate): ModelSpec {
  return { path, use: 'writing', ...(contextTokens === undefined ? {} : { contextTokens }) };
}

function withThoughts(message: Message, restore: (parts: Message['parts']) => Message['parts']): Message {
  return message.role === 'assistant' ? { ...message, parts: restore(message.parts) } : message;
}

function refuseWhatItCannot({ messages, toolMode, tools }: ChatCall): void {
  if (messages.some(({ parts }) => parts.some(({ type }) => type === 'image'))) {
    throw new RouterError('unsupported', 'A model in Fairlead’s own process cannot see images.');
  }
  if (toolMode === 'required' && tools.length > 0) {
    throw new RouterError('unsupported', 'A model in Fairlead’s own process cannot be made to call a tool.');
  }
}

async function* readChat(written: AsyncIterable<Written>, model: string): AsyncGenerator<ChatEvent, void, undefined> {
  let begun = false;
  for await (const piece of written) {
    if (piece.type === 'busy' || piece.type === 'counted') continue;
    if (!begun) yield { type: 'executed', model };
    begun = true;
    yield* eventsOf(piece);
  }
}

function eventsOf(piece: Exclude<Written, { type: 'busy' | 'counted' }>): ChatEvent[] {
  switch (piece.type) {
    case 'text':
    case 'thinking':
      return [{ type: piece.type, text: piece.text }];
    case 'tool_call':
      return [{ type: 'tool_call', id: `call_${randomUUID()}`, name: piece.name, input: piece.input }];
    case 'end': {
      const { promptTokens: inputTokens, writtenTokens: outputTokens, cachedTokens: cachedInputTokens, finish } = piece;
      return [{ type: 'usage', usage: { inputTokens, outputTokens, cachedInputTokens } }, { type: 'finish', reason: finish }];
    }
  }
}

/** Options as OpenAI and Ollama name them; what is no number is not one. */
const NUMBERS: Readonly<Record<string, Exclude<keyof Sampling, 'stop'>>> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  seed: 'seed',
  repeat_penalty: 'repeatPenalty',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  num_predict: 'maxTokens',
  max_output_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  max_tokens: 'maxTokens',
};

function samplingOf(options: ChatCall['options'], { maxOutputTokens }: Candidate): Sampling {
  const numbers = Object.entries(NUMBERS).flatMap(([option, field]) => {
    const value = options[option];
    return typeof value === 'number' && Number.isFinite(value) ? [[field, value] as const] : [];
  });
  const { maxTokens = maxOutputTokens, ...asked }: Sampling = Object.fromEntries(numbers);
  const given: unknown = options['stop'];
  const stop = (Array.isArray(given) ? given : [given]).filter((one) => typeof one === 'string');
  return {
    ...asked,
    ...(maxTokens === undefined || maxTokens <= 0 ? {} : { maxTokens: Math.min(maxTokens, maxOutputTokens ?? Infinity) }),
    ...(stop.length > 0 ? { stop } : {}),
  };
}

function explain(error: unknown): Error {
  return error instanceof Error ? error : new RouterError('runtime', String(error));
}
