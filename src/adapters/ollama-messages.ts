// Our messages, tools and options in the words of Ollama's /api/chat.
import type { ChatCall, Message, Part } from '../router/ports';
import { estimateTokens } from '../router/tokens';
import { resultText, textOf, toBase64, toTool } from './openai-messages';

interface OllamaMessage {
  readonly role: string;
  readonly content: string;
  readonly images?: readonly string[];
  readonly tool_calls?: readonly object[];
  readonly tool_name?: string;
  readonly tool_call_id?: string;
}

/** These stand beside `options`, not in it. */
const TOP_LEVEL = new Set(['keep_alive', 'think', 'format', 'truncate', 'shift', 'logprobs', 'top_logprobs']);
const RENAMED: Readonly<Record<string, string>> = { max_tokens: 'num_predict', max_completion_tokens: 'num_predict' };

export function toOllamaBody(call: ChatCall): Record<string, unknown> {
  const entries = Object.entries(call.options).filter(([key]) => key !== 'options');
  const top = entries.filter(([key]) => TOP_LEVEL.has(key));
  const rest = entries.filter(([key]) => !TOP_LEVEL.has(key)).map(([key, value]) => [RENAMED[key] ?? key, value] as const);
  const nested = call.options['options'];
  const given = { ...Object.fromEntries(rest), ...(typeof nested === 'object' ? nested : {}) };
  const names = toolNames(call.messages);
  const messages = call.messages.flatMap((message) => toMessages(message, names));
  return {
    ...Object.fromEntries(top),
    model: call.candidate.model,
    messages,
    stream: true,
    ...(call.tools.length > 0 ? { tools: call.tools.map(toTool) } : {}),
    options: { ...window(call, given), ...given },
  };
}

/** Ollama names the tool of a result where others give the id of the call. */
function toolNames(messages: readonly Message[]): Map<string, string> {
  const calls = messages.flatMap(({ parts }) => parts).filter((part) => part.type === 'tool_call');
  return new Map(calls.map(({ id, name }) => [id, name]));
}

function toMessages({ role, parts }: Message, names: ReadonlyMap<string, string>): OllamaMessage[] {
  const results = parts.flatMap((part): OllamaMessage[] => {
    if (part.type !== 'tool_result') return [];
    const name = names.get(part.id);
    return [{ role: 'tool', content: resultText(part), tool_call_id: part.id, ...(name === undefined ? {} : { tool_name: name }) }];
  });
  const rest = parts.filter((part) => part.type !== 'tool_result');
  if (rest.length === 0) return results;
  const images = rest.flatMap((part) => (part.type === 'image' ? [toBase64(part.data)] : []));
  const calls = rest.flatMap((part) => (part.type === 'tool_call' ? [toCall(part)] : []));
  return [
    ...results,
    {
      role: role === 'tool' ? 'user' : role,
      content: textOf(rest),
      ...(images.length > 0 ? { images } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
  ];
}

function toCall({ id, name, input }: Extract<Part, { type: 'tool_call' }>): object {
  return { id, function: { name, arguments: input ?? {} } };
}

/** What Ollama loads a model with on small machines unless told otherwise. */
const USUAL_WINDOW_TOKENS = 4096;
const ANSWER_TOKENS = 1024;
const IMAGE_TOKENS = 1024;

/**
 * Ollama drops the beginning of a prompt that is longer than the window it loaded the model with, without a word.
 * Asks for a larger one when it may be needed, in powers of two, since another size means loading again.
 */
function window({ messages, tools, candidate }: ChatCall, given: Record<string, unknown>): { num_ctx?: number } {
  const answer = typeof given['num_predict'] === 'number' && given['num_predict'] > 0 ? given['num_predict'] : ANSWER_TOKENS;
  const parts = messages.flatMap((message) => message.parts);
  const needed = parts.reduce((sum, part) => sum + tokensOf(part), answer + estimateTokens(JSON.stringify(tools)));
  if (needed <= USUAL_WINDOW_TOKENS) return {};
  return { num_ctx: Math.min(2 ** Math.ceil(Math.log2(needed)), candidate.contextTokens ?? Infinity) };
}

function tokensOf(part: Part): number {
  switch (part.type) {
    case 'image':
      return IMAGE_TOKENS;
    case 'tool_call':
      return estimateTokens(JSON.stringify(part.input ?? {}));
    default:
      return estimateTokens(part.text);
  }
}
