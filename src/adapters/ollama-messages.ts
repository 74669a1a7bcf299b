// Our messages, tools and options in the words of Ollama's /api/chat.
import type { ChatCall, Message, Part } from '../router/ports';
import { countTokens } from '../router/tokens';
import type { Candidate } from '../router/types';
import { resultText, textOf, toBase64, toTool } from './openai-messages';

interface OllamaMessage {
  readonly role: string;
  readonly content: string;
  readonly thinking?: string;
  readonly images?: readonly string[];
  readonly tool_calls?: readonly object[];
  readonly tool_name?: string;
  readonly tool_call_id?: string;
}

/** These stand beside `options`, not in it. */
const TOP_LEVEL = new Set(['keep_alive', 'think', 'format', 'truncate', 'shift', 'logprobs', 'top_logprobs']);
const RENAMED: Readonly<Record<string, string>> = { max_tokens: 'num_predict', max_completion_tokens: 'num_predict', max_output_tokens: 'num_predict' };
/** These mean something to other servers, or are read here. */
const ELSEWHERE = new Set(['options', 'response_format', 'reasoning_effort', 'parallel_tool_calls']);

export function toOllamaBody(call: ChatCall): Record<string, unknown> {
  const entries = Object.entries(call.options).filter(([key]) => !ELSEWHERE.has(key) && !key.startsWith('_'));
  const top = entries.filter(([key]) => TOP_LEVEL.has(key));
  const rest = entries.filter(([key]) => !TOP_LEVEL.has(key)).map(([key, value]) => [RENAMED[key] ?? key, key === 'stop' ? [value].flat() : value] as const);
  const nested = call.options['options'];
  const given = { ...Object.fromEntries(rest), ...(typeof nested === 'object' ? nested : {}) };
  const names = toolNames(call.messages);
  const messages = call.messages.flatMap((message) => toMessages(message, names));
  return {
    ...keepAlive(call.candidate),
    ...thinkingAndForm(call),
    ...Object.fromEntries(top),
    model: call.candidate.model,
    messages,
    stream: true,
    ...(call.tools.length > 0 ? { tools: call.tools.map(toTool) } : {}),
    options: { ...window(call, given), ...given },
  };
}

/** How long the model stays loaded, as the user wants it; a bare number is seconds. */
export function keepAlive({ keepAlive: wanted }: Candidate): { keep_alive?: string | number } {
  if (wanted === undefined) return {};
  return { keep_alive: /^-?\d+(?:\.\d+)?$/u.test(wanted) ? Number(wanted) : wanted };
}

/** Effort is `think` there, which only models that think take; a JSON schema is `format`. */
function thinkingAndForm({ candidate, options }: ChatCall): { think?: unknown; format?: unknown } {
  const { reasoning_effort: effort, response_format: wanted } = options;
  const { type, json_schema: schema } = (wanted ?? {}) as { type?: string; json_schema?: { schema?: object } };
  const format = type === 'json_object' ? 'json' : schema?.schema;
  return {
    ...(effort !== undefined && candidate.capabilities.includes('thinking') ? { think: effort === 'none' ? false : effort } : {}),
    ...(format === undefined ? {} : { format }),
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
  const thinking = rest.map((part) => (part.type === 'thinking' ? part.text : '')).join('');
  return [
    ...results,
    {
      role: role === 'tool' ? 'user' : role,
      content: textOf(rest),
      ...(thinking === '' ? {} : { thinking }),
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

/**
 * Ollama drops the beginning of a prompt that is longer than the window it loaded the model with, without a word.
 * Asks for a larger one when it may be needed, in powers of two, since another size means loading again.
 */
function window({ messages, tools, candidate }: ChatCall, given: Record<string, unknown>): { num_ctx?: number } {
  const answer = typeof given['num_predict'] === 'number' && given['num_predict'] > 0 ? given['num_predict'] : ANSWER_TOKENS;
  const needed = countTokens(messages, tools) + answer;
  if (needed <= USUAL_WINDOW_TOKENS) return {};
  return { num_ctx: Math.min(2 ** Math.ceil(Math.log2(needed)), candidate.contextTokens ?? Infinity) };
}
