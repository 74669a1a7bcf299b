// One answer in the model's own chat template, by node-llama-cpp's LlamaChat. The whole history comes with each
// request; what of it the context holds already is not computed again.
import type { ChatHistoryItem, ChatModelFunctions, ChatWrapper, LlamaChatResponseChunk } from 'node-llama-cpp';
import type { ToolDefinition } from '../../router/ports';
import { RouterError } from '../../shared/errors';
import { wrapperOf } from './host-chat-wrapper';
import { toHistory } from './host-history';
import type { Pace } from './host-pace';
import { drawing } from './host-sampling';
import { toGrammarSchema, withoutNulls } from './host-schema';
import type { Slot } from './host-slots';
import type { Writer } from './host-writers';
import type { Piece } from './protocol';
import type { ChatRequest, ModelSpec, WritingEnd } from './runtime';

export interface Writing {
  readonly spec: ModelSpec;
  readonly pace: Pace;
  readonly send: (piece: Piece) => void;
}

/** Room for an answer whose length the request does not limit; more where the context has more. */
const ANSWER_TOKENS = 4096;
export const DEFAULT_WINDOW_TOKENS = 32_768;

export async function chat(writer: Writer, request: ChatRequest, writing: Writing): Promise<WritingEnd> {
  const { library, model } = writer;
  const wrapper = wrapperOf(library, model);
  const history = toHistory(request.messages);
  const functions = functionsOf(request.tools);
  const prompt = render(wrapper, history, functions).tokenize(model.tokenizer);
  const { maxTokens } = request.sampling;
  const slot = await writer.chat.take(
    { prompt, answerTokens: maxTokens ?? ANSWER_TOKENS, windowTokens: writing.spec.contextTokens ?? DEFAULT_WINDOW_TOKENS },
    writing.pace.signal,
  );
  try {
    return await answer({ writer, wrapper, history, functions, request, promptTokens: prompt.length, slot }, writing);
  } finally {
    slot.release();
  }
}

interface Answering {
  readonly writer: Writer;
  readonly wrapper: ChatWrapper;
  readonly history: ChatHistoryItem[];
  readonly functions: ChatModelFunctions | undefined;
  readonly request: ChatRequest;
  readonly promptTokens: number;
  readonly slot: Slot;
}

async function answer({ writer, wrapper, history, functions, request, promptTokens, slot }: Answering, { pace, send }: Writing): Promise<WritingEnd> {
  const { sampling, tools } = request;
  const meter = slot.begin(pace);
  const session = new writer.library.LlamaChat({ contextSequence: slot.sequence, chatWrapper: wrapper });
  try {
    const room = slot.contextTokens - promptTokens - 1;
    const { metadata } = await session.generateResponse<ChatModelFunctions>(history, {
      ...drawing(sampling),
      ...(functions ? { functions, documentFunctionParams: true } : {}),
      signal: pace.signal,
      maxTokens: Math.min(sampling.maxTokens ?? room, room),
      onResponseChunk: (chunk) => {
        if (chunk.text !== '') send(pieceOf(chunk));
      },
      onFunctionCall: ({ functionName, params }) => {
        const schema = tools.find(({ name }) => name === functionName)?.inputSchema;
        send({ type: 'tool_call', name: functionName, input: withoutNulls(schema, params) });
      },
    });
    const finish = metadata.stopReason === 'functionCalls' ? 'tool_calls' : metadata.stopReason === 'maxTokens' ? 'length' : 'stop';
    return { promptTokens, cachedTokens: Math.max(0, promptTokens - (meter.evaluated ?? promptTokens)), writtenTokens: meter.written, finish };
  } finally {
    session.dispose();
  }
}

/** As LlamaChat does it; a model that is to speak gets a turn of its own. */
function render(wrapper: ChatWrapper, history: readonly ChatHistoryItem[], functions: ChatModelFunctions | undefined) {
  const chatHistory = history.at(-1)?.type === 'model' ? history : [...history, { type: 'model' as const, response: [] }];
  const options = functions ? { availableFunctions: functions, documentFunctionParams: true } : {};
  return wrapper.generateContextState({ chatHistory, ...options }).contextText;
}

function functionsOf(tools: readonly ToolDefinition[]): ChatModelFunctions | undefined {
  if (tools.length === 0) return undefined;
  return Object.fromEntries(
    tools.map(({ name, description, inputSchema }) => {
      const params = toGrammarSchema(inputSchema);
      return [name, { description, ...(params ? { params } : {}) }];
    }),
  );
}

/** Comments are what some models say about their tool calls: thoughts, as far as the reader is concerned. */
function pieceOf({ type, text }: LlamaChatResponseChunk): Piece {
  return { type: type === 'segment' ? 'thinking' : 'text', text };
}

/** The message of a library error in a file that is sound otherwise. */
export function asWritingError(error: unknown): unknown {
  if (!(error instanceof Error) || RouterError.is(error)) return error;
  return /context size is too small/iu.test(error.message) ? new RouterError('bad_request', error.message, { cause: error }) : error;
}
