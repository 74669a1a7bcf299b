// What the suites of models that write share: asking the real runtime, and reading what comes.
import type { ChatRequest, FillRequest, LlamaRuntime, ModelSpec, Sampling, Written, WritingEnd } from '../../src/adapters/llama/runtime';
import type { Message, ToolDefinition } from '../../src/router/ports';

export const never = new AbortController().signal;

export const said = (role: Message['role'], text: string): Message => ({ role, parts: [{ type: 'text', text }] });
export const user = (text: string): Message => said('user', text);

export interface Answer extends WritingEnd {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly pieces: number;
  readonly counted: { readonly chars: number; readonly tokens: number } | undefined;
}

export interface Asked {
  readonly sampling?: Sampling;
  readonly tools?: readonly ToolDefinition[];
  readonly signal?: AbortSignal;
}

export function startChat(runtime: LlamaRuntime, model: ModelSpec, messages: readonly Message[], { sampling = {}, tools = [], signal = never }: Asked = {}): AsyncIterable<Written> {
  const request: ChatRequest = { messages, tools, sampling: { temperature: 0, ...sampling } };
  return runtime.chat(model, request, signal);
}

export function chat(runtime: LlamaRuntime, model: ModelSpec, messages: readonly Message[], asked: Asked = {}): Promise<Answer> {
  return readAll(startChat(runtime, model, messages, asked));
}

export function fill(runtime: LlamaRuntime, model: ModelSpec, request: Omit<FillRequest, 'sampling'> & { sampling?: Sampling }, signal = never): Promise<Answer> {
  return readAll(runtime.fill(model, { ...request, sampling: { temperature: 0, maxTokens: 12, ...request.sampling } }, signal));
}

export async function readAll(stream: AsyncIterable<Written>): Promise<Answer> {
  const found = { text: '', thinking: '', calls: [] as { name: string; input: unknown }[], pieces: 0 };
  let counted: Answer['counted'];
  let end: WritingEnd | undefined;
  for await (const piece of stream) {
    if (piece.type === 'end') end = piece;
    else if (piece.type === 'tool_call') found.calls.push({ name: piece.name, input: piece.input });
    else if (piece.type === 'counted') counted = { chars: piece.chars, tokens: piece.tokens };
    else if (piece.type !== 'busy') found[piece.type] += piece.text;
    if (piece.type === 'text') found.pieces += 1;
  }
  if (!end) throw new Error('the stream ended without its end');
  return { ...end, text: found.text, thoughts: found.thinking, calls: found.calls, pieces: found.pieces, counted };
}
