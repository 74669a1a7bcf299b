// Our messages, tools and options in the words of Anthropic's Messages API.
import type Anthropic from '@anthropic-ai/sdk';
import type { ChatCall, Message, Part, ToolDefinition } from '../router/ports';
import { countTokens } from '../router/tokens';
import { resultText, textOf, toBase64 } from './openai-messages';

type Block = Anthropic.ContentBlockParam;
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}
/** Temperature and the like are no part of the newest form of a request, but of the one before. */
export interface Sampling {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
}
export type MessagesBody = Anthropic.MessageCreateParamsStreaming & Sampling;

/** `max_tokens` must be said. Half of what is known to be possible would be a guess too; this is all of it. */
const UNKNOWN_OUTPUT_TOKENS = 16_384;
const LEAST_OUTPUT_TOKENS = 256;
/** Options that mean the same there. Servers refuse options they do not know, so no other goes along. */
const SAME = ['thinking', 'output_config', 'metadata', 'service_tier', 'speed', 'inference_geo'] as const;
export const SAMPLING = ['temperature', 'top_p', 'top_k'] as const;
const EFFORTS = new Set<unknown>(['low', 'medium', 'high', 'xhigh', 'max']);
const CACHED = { cache_control: { type: 'ephemeral' } } as const;

export function toMessagesBody(call: ChatCall): MessagesBody {
  const { candidate, options } = call;
  const first = call.messages.findIndex(({ role }) => role !== 'system');
  const system = call.messages.slice(0, first < 0 ? undefined : first).map(({ parts }) => textOf(parts)).join('\n\n');
  const turns = merged(call.messages.slice(first < 0 ? call.messages.length : first).flatMap(toTurns));
  const goesOn = turns.length > 1 || call.tools.length > 0;
  const tools = toolsFor(call, turns);
  return {
    ...picked(options, mayThink(call, turns) ? SAME : SAME.filter((name) => name !== 'thinking')),
    ...picked(options, SAMPLING),
    ...effort(options),
    ...stops(options),
    model: candidate.model,
    max_tokens: maxTokens(call),
    ...(system.trim() === '' ? {} : { system: [{ type: 'text', text: system, ...CACHED }] }),
    messages: goesOn ? withCacheMark(turns) : turns,
    ...tools,
    stream: true,
  };
}

function picked(options: ChatCall['options'], names: readonly string[]): object {
  return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

function effort({ reasoning_effort: wanted, output_config: own }: ChatCall['options']): object {
  return own === undefined && EFFORTS.has(wanted) ? { output_config: { effort: wanted } } : {};
}

/** Texts of blanks alone are refused. */
function stops({ stop, stop_sequences: own }: ChatCall['options']): object {
  const wanted = [own ?? stop].flat().filter((text): text is string => typeof text === 'string' && text.trim() !== '');
  return wanted.length > 0 ? { stop_sequences: wanted } : {};
}

/**
 * A model told to think wants its thoughts back in a tool loop, and may not be forced to call a tool: such a request
 * would be refused, so it goes on without thinking.
 */
function mayThink({ options, toolMode, tools }: ChatCall, turns: readonly Turn[]): boolean {
  const wanted = options['thinking'] as { readonly type?: unknown } | undefined;
  if (wanted?.type !== 'enabled') return true;
  const last = turns.findLast(({ role }) => role === 'assistant')?.content ?? [];
  const lost = last.some(({ type }) => type === 'tool_use') && !/thinking/u.test(last[0]?.type ?? '');
  return !lost && (toolMode !== 'required' || tools.length === 0);
}

function maxTokens(call: ChatCall): number {
  const { options, candidate } = call;
  const wanted = [options['max_tokens'], options['max_completion_tokens'], options['max_output_tokens']].find((one) => typeof one === 'number');
  if (typeof wanted === 'number') return wanted;
  const most = candidate.maxOutputTokens ?? UNKNOWN_OUTPUT_TOKENS;
  if (candidate.contextTokens === undefined) return most;
  const room = candidate.contextTokens - countTokens(call.messages, call.tools);
  return Math.max(LEAST_OUTPUT_TOKENS, Math.min(most, room));
}

/** A history with tool calls is refused without tools, so their names at least go along, not to be called. */
function toolsFor({ tools, toolMode, options }: ChatCall, turns: readonly Turn[]): Pick<MessagesBody, 'tools' | 'tool_choice'> {
  if (tools.length > 0) {
    const single = options['parallel_tool_calls'] === false ? { disable_parallel_tool_use: true } : {};
    return { tools: tools.map(toTool), tool_choice: { type: toolMode === 'required' ? 'any' : 'auto', ...single } };
  }
  const called = new Set(turns.flatMap(({ content }) => content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))));
  if (called.size === 0) return {};
  return { tools: [...called].map((name) => ({ name, input_schema: { type: 'object' } })), tool_choice: { type: 'none' } };
}

function toTool({ name, description, inputSchema }: ToolDefinition): Anthropic.Tool {
  const schema = { type: 'object', ...inputSchema } as Anthropic.Tool.InputSchema;
  return { name, input_schema: schema, ...(description === '' ? {} : { description }) };
}

/** Tool results first: they must follow the call directly. */
function toTurns({ role, parts }: Message): Turn[] {
  const ordered = [...parts.filter(({ type }) => type === 'tool_result'), ...parts.filter(({ type }) => type !== 'tool_result')];
  const content = ordered.flatMap(toBlocks);
  return content.length === 0 ? [] : [{ role: role === 'assistant' ? 'assistant' : 'user', content }];
}

function toBlocks(part: Part): Block[] {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return [{ type: 'image', source: { type: 'base64', media_type: part.mimeType as 'image/png', data: toBase64(part.data) } }];
    case 'tool_call':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: part.input ?? {} }];
    case 'tool_result':
      return [toResult(part)];
    case 'thinking':
      return toThinking(part);
  }
}

function toResult(part: Extract<Part, { type: 'tool_result' }>): Anthropic.ToolResultBlockParam {
  return {
    type: 'tool_result',
    tool_use_id: part.id,
    ...(part.text.trim() === '' ? {} : { content: part.isError === true ? part.text : resultText(part) }),
    ...(part.isError === true ? { is_error: true } : {}),
  };
}

/** Only what this family sealed: anything else is refused. */
function toThinking({ text, signature, redacted, id, family }: Extract<Part, { type: 'thinking' }>): Block[] {
  if (signature === undefined || id !== undefined || (family !== undefined && family !== 'claude')) return [];
  return [redacted === true ? { type: 'redacted_thinking', data: signature } : { type: 'thinking', thinking: text, signature }];
}

function merged(turns: readonly Turn[]): Turn[] {
  const all: Turn[] = [];
  for (const turn of turns) {
    const last = all.at(-1);
    if (last?.role === turn.role) last.content.push(...turn.content);
    else all.push({ ...turn, content: [...turn.content] });
  }
  return all;
}

/** Marks the end of what stays the same when the conversation goes on. */
function withCacheMark(turns: Turn[]): Turn[] {
  const block = turns.at(-1)?.content.at(-1);
  if (block && block.type !== 'thinking' && block.type !== 'redacted_thinking') Object.assign(block, CACHED);
  return turns;
}
