// Our messages, tools and options in the words of OpenAI's Responses API. Nothing is stored there: the whole
// conversation goes along each time, with the encrypted thoughts the model wants back.
import type {
  EasyInputMessage,
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseInputItem,
  ResponseInputMessageContentList,
} from 'openai/resources/responses/responses';
import type { ChatCall, Message, Part, ToolDefinition } from '../router/ports';
import { resultText, toBase64 } from './openai-messages';

export type ResponsesBody = ResponseCreateParamsStreaming;

/** Options that mean the same there. The API refuses options it does not know, so no other goes along. */
const SAME = ['temperature', 'top_p', 'parallel_tool_calls', 'metadata', 'service_tier', 'prompt_cache_key', 'safety_identifier', 'truncation', 'user'] as const;

export function toResponsesBody(call: ChatCall): ResponsesBody {
  const { candidate, options, tools, toolMode } = call;
  return {
    ...Object.fromEntries(SAME.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
    ...limit(options),
    ...thinking(call),
    ...format(options),
    model: candidate.model,
    input: call.messages.flatMap(toItems),
    ...(tools.length > 0 ? { tools: tools.map(toFunction), tool_choice: toolMode } : {}),
    store: false,
    stream: true,
  };
}

function limit(options: ChatCall['options']): Pick<ResponsesBody, 'max_output_tokens'> {
  const wanted = [options['max_output_tokens'], options['max_completion_tokens'], options['max_tokens']].find((one) => typeof one === 'number');
  return typeof wanted === 'number' ? { max_output_tokens: wanted } : {};
}

/** A model that thinks gives its thoughts along: a summary to read, and the whole, encrypted, to be sent back. */
function thinking({ candidate, options }: ChatCall): Pick<ResponsesBody, 'reasoning' | 'include'> {
  const effort = options['reasoning_effort'];
  const own = options['reasoning'];
  const wanted = { ...(typeof effort === 'string' ? { effort } : {}), ...(typeof own === 'object' ? own : {}) };
  if (!candidate.capabilities.includes('thinking')) return Object.keys(wanted).length > 0 ? { reasoning: wanted as NonNullable<ResponsesBody['reasoning']> } : {};
  return { reasoning: { summary: 'auto', ...wanted } as NonNullable<ResponsesBody['reasoning']>, include: ['reasoning.encrypted_content'] };
}

/** `response_format` and `verbosity` of chat completions stand in `text` here. */
function format({ response_format: wanted, verbosity, text }: ChatCall['options']): { text?: object } {
  if (typeof text === 'object' && text !== null) return { text };
  const { type, json_schema: schema } = (wanted ?? {}) as { type?: string; json_schema?: object };
  const form = type === undefined ? {} : { format: { type, ...schema } };
  const both = { ...form, ...(typeof verbosity === 'string' ? { verbosity } : {}) };
  return Object.keys(both).length > 0 ? { text: both } : {};
}

function toFunction({ name, description, inputSchema }: ToolDefinition): FunctionTool {
  const parameters = (inputSchema ?? { type: 'object', properties: {} }) as Record<string, unknown>;
  return { type: 'function', name, description, parameters, strict: false };
}

/** One message of ours may be several items: thoughts, words, calls and results stand beside each other, in order. */
function toItems({ role, parts }: Message): ResponseInputItem[] {
  const items: ResponseInputItem[] = [];
  let words: Part[] = [];
  const speak = (): void => {
    if (words.length > 0) items.push(toMessage(role, words));
    words = [];
  };
  for (const part of parts) {
    const item = toItem(part);
    if (item === undefined) words.push(part);
    else {
      speak();
      items.push(...item);
    }
  }
  speak();
  return items;
}

/** Undefined for what belongs into a message. */
function toItem(part: Part): ResponseInputItem[] | undefined {
  switch (part.type) {
    case 'text':
    case 'image':
      return undefined;
    case 'tool_call':
      return [{ type: 'function_call', call_id: part.id, name: part.name, arguments: JSON.stringify(part.input ?? {}) }];
    case 'tool_result':
      return [{ type: 'function_call_output', call_id: part.id, output: resultText(part) }];
    case 'thinking':
      return toReasoning(part);
  }
}

/** Only what this API sealed and named; anything else is refused. */
function toReasoning({ id, text, signature }: Extract<Part, { type: 'thinking' }>): ResponseInputItem[] {
  if (id === undefined || signature === undefined) return [];
  const summary = text === '' ? [] : [{ type: 'summary_text' as const, text }];
  return [{ type: 'reasoning', id, summary, encrypted_content: signature }];
}

function toMessage(role: Message['role'], parts: readonly Part[]): EasyInputMessage {
  const spoken = role === 'tool' ? 'user' : role;
  if (!parts.some(({ type }) => type === 'image')) return { role: spoken, content: parts.map((part) => (part.type === 'text' ? part.text : '')).join('') };
  const content = parts.flatMap((part): ResponseInputMessageContentList => {
    if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
    return part.type === 'image' ? [{ type: 'input_image', detail: 'auto', image_url: `data:${part.mimeType};base64,${toBase64(part.data)}` }] : [];
  });
  return { role: spoken, content };
}
