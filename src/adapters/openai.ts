// Any OpenAI-compatible server, by the `openai` package. Retrying, falling back and choosing are the router's
// business; here is one request and its answer.
import type { Backend, ChatCall, ChatEvent, FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { RouterError } from '../shared/errors';
import { DEFAULT_DEADLINES, readWithin } from './deadlines';
import { refusalBehind } from './errors';
import { createFimMemory, fillIn } from './fim';
import type { HttpBackendDeps } from './http-deps';
import { hostOf } from './locality';
import { type LooseChunk, readAnswer } from './openai-answer';
import { type Connection, connectTo } from './openai-client';
import { createKindMemory, openAiTransports } from './openai-fim';
import { type ChatBody, toChatBody } from './openai-messages';

export function createOpenAiBackend(deps: HttpBackendDeps): Backend {
  const deadlines = { ...DEFAULT_DEADLINES, ...deps.deadlines };
  const refusesUsage = new Set<string>();
  const memory = createFimMemory();
  const kindOf = createKindMemory(deps);
  const connect = (candidate: Candidate): Promise<Connection> => connectTo(deps, candidate);

  async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const connection = await connect(call.candidate);
    const open = (inner: AbortSignal): AsyncIterable<LooseChunk> => openChat(connection, toChatBody(call), { refusesUsage, candidate: call.candidate }, inner);
    const chunks = readWithin({ open, explain: connection.wire.explain, deadlines }, signal);
    yield* readAnswer(chunks, { host: hostOf(call.candidate.endpoint), endedWithDone: connection.wire.endedWithDone });
  }

  async function* fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const transports = () => openAiTransports({ connect, deadlines, kindOf }, call.candidate, signal);
    yield* fillIn({ call, memory, transports }, signal);
  }

  return { provider: 'openai', chat, fim };
}

interface UsageMemory {
  /** Servers that refuse `stream_options`, by endpoint and model. */
  readonly refusesUsage: Set<string>;
  readonly candidate: Candidate;
}

async function* openChat({ client, wire }: Connection, body: ChatBody, memory: UsageMemory, signal: AbortSignal): AsyncGenerator<LooseChunk, void, undefined> {
  const server = `${memory.candidate.endpoint} ${memory.candidate.model}`;
  const create = (request: ChatBody) => client.chat.completions.create(request, { signal });
  const withUsage = async () => {
    try {
      return await create({ ...body, stream_options: { include_usage: true } });
    } catch (error) {
      if (!mayMeanStreamOptions(wire.explain(error))) throw error;
      const stream = await create(body);
      memory.refusesUsage.add(server);
      return stream;
    }
  };
  yield* await (memory.refusesUsage.has(server) ? create(body) : withUsage());
}

/** A refused request that does not name another culprit. Wrong guesses cost one more refused request. */
function mayMeanStreamOptions(error: Error): boolean {
  if (!RouterError.is(error, 'bad_request') || (error.status !== 400 && error.status !== 422)) return false;
  const { param, code } = refusalBehind(error);
  return code !== 'context_length_exceeded' && (param === undefined || param.startsWith('stream_options'));
}
