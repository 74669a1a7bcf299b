// Our messages and tools in the words of OpenAI's chat completions.
import type { ChatCompletionContentPart, ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { ChatCall, Message, Part, ToolDefinition } from '../router/ports';
import { isOpenAi } from './known-models';
import { hostOf } from './locality';
import type { ThoughtField } from './openai-answer';

export type ChatBody = ChatCompletionCreateParamsStreaming;

/**
 * The request body. The caller's options go along, but cannot replace what the router decided. Thoughts go along where
 * the server is known to write them, in the same field.
 */
export function toChatBody(call: ChatCall, thoughts?: ThoughtField): ChatBody {
  return {
    ...optionsFor(call),
    model: call.candidate.model,
    messages: call.messages.flatMap((message) => toParams(message, thoughts)),
    stream: true,
    ...(call.tools.length > 0 ? { tools: call.tools.map(toTool), tool_choice: call.toolMode } : {}),
  };
}

const LIMITS = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'];

/** The limit by the name the server knows; without what hosts pass around among themselves. */
function optionsFor({ options, candidate }: ChatCall): Record<string, unknown> {
  const given = Object.entries(options).filter(([name]) => !name.startsWith('_') && !LIMITS.includes(name));
  const limit = LIMITS.map((name) => options[name]).find((one) => one !== undefined);
  // OpenAI's newer models refuse the old name, many other servers the new one.
  const name = isOpenAi(hostOf(candidate.endpoint)) ? 'max_completion_tokens' : 'max_tokens';
  return { ...Object.fromEntries(given), ...(limit === undefined ? {} : { [name]: limit }) };
}

/** Several where one of ours holds several tool results: each is a message of its own there. */
function toParams(message: Message, thoughts: ThoughtField | undefined): ChatCompletionMessageParam[] {
  const results = message.parts.flatMap((part): ChatCompletionMessageParam[] =>
    part.type === 'tool_result' ? [{ role: 'tool', tool_call_id: part.id, content: resultText(part) }] : [],
  );
  const rest = message.parts.filter((part) => part.type !== 'tool_result');
  if (rest.length === 0) return results;
  switch (message.role) {
    case 'system':
      return [...results, { role: 'system', content: textOf(rest) }];
    case 'assistant':
      return [...results, ...toAssistant(rest, thoughts)];
    default:
      // Text and images beside tool results have no place in a `tool` message.
      return [...results, { role: 'user', content: toContent(rest) }];
  }
}

function toAssistant(parts: readonly Part[], thoughts: ThoughtField | undefined): ChatCompletionMessageParam[] {
  const calls = parts.flatMap((part) =>
    part.type === 'tool_call'
      ? [{ id: part.id, type: 'function' as const, function: { name: part.name, arguments: JSON.stringify(part.input ?? {}) } }]
      : [],
  );
  const text = textOf(parts);
  const thought = parts.map((part) => (part.type === 'thinking' ? part.text : '')).join('');
  const thinking = thoughts === undefined || thought === '' ? {} : { [thoughts]: thought };
  if (calls.length > 0) return [{ role: 'assistant', content: text === '' ? null : text, ...thinking, tool_calls: calls }];
  return text === '' ? [] : [{ role: 'assistant', content: text, ...thinking }];
}

/** A plain string where there is only text: the oldest form, which every server reads. */
function toContent(parts: readonly Part[]): string | ChatCompletionContentPart[] {
  if (!parts.some((part) => part.type === 'image')) return textOf(parts);
  return parts.flatMap((part): ChatCompletionContentPart[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }];
    return part.type === 'image' ? [{ type: 'image_url', image_url: { url: dataUrl(part.mimeType, part.data) } }] : [];
  });
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** The protocol has no mark for a failed tool, so the text says it. */
export function resultText(result: Extract<Part, { type: 'tool_result' }>): string {
  return result.isError === true ? `Error: ${result.text}` : result.text;
}

function dataUrl(mimeType: string, data: Uint8Array): string {
  return `data:${mimeType};base64,${toBase64(data)}`;
}

export function toBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

export function toTool({ name, description, inputSchema }: ToolDefinition): Extract<ChatCompletionTool, { type: 'function' }> {
  const parameters = (inputSchema ?? { type: 'object', properties: {} }) as Record<string, unknown>;
  return { type: 'function', function: { name, description, parameters } };
}
