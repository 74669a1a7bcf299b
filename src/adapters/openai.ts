// Any OpenAI-compatible server, by the `openai` package: chat completions, or Responses where the model wants it.
// Retrying, falling back and choosing are the router's business; here is one request and its answer.
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Backend, ChatCall, ChatEvent, FimCall, Message } from '../router/ports';
import type { Candidate } from '../router/types';
import { withUsage } from '../router/spending/usage';
import { RouterError } from '../shared/errors';
import { DEFAULT_DEADLINES, deadlinesFor, readWithin } from './deadlines';
import { refusalBehind } from './errors';
import { createFimMemory, fillIn } from './fim';
import { createTokenCounter } from './fim-notes';
import type { HttpBackendDeps } from './http-deps';
import { hostOf } from './locality';
import { type LooseChunk, readAnswer, type ThoughtField } from './openai-answer';
import { type Connection, connectTo } from './openai-client';
import { createConcessions } from './openai-concessions';
import { createServerMemory, openAiTransports } from './openai-fim';
import { toChatBody } from './openai-messages';
import { readResponse } from './openai-responses-answer';
import { toResponsesBody } from './openai-responses-messages';
import { createThoughtMemory } from './thoughts';

export function createOpenAiBackend(deps: HttpBackendDeps): Backend {
  const lacksResponses = new Set<string>();
  const memory = createFimMemory();
  const serverOf = createServerMemory(deps);
  const countTokens = createTokenCounter(deps);
  const interfaces = createInterfaces(deps);

  async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { endpoint } = call.candidate;
    if (!wantsResponses(call) || lacksResponses.has(endpoint)) {
      yield* interfaces.completions(call, signal);
      return;
    }
    let began = false;
    try {
      for await (const event of interfaces.responses(call, signal)) {
        began = true;
        yield event;
      }
      return;
    } catch (error) {
      if (began || call.candidate.api === 'responses' || !mayLackResponses(error)) throw error;
    }
    for await (const event of interfaces.completions(call, signal)) {
      lacksResponses.add(endpoint);
      yield event;
    }
  }

  async function* fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const connect = (candidate: Candidate): Promise<Connection> => connectTo(deps, candidate);
    const deadlines = { ...DEFAULT_DEADLINES, ...deps.deadlines };
    const transports = () => openAiTransports({ connect, deadlines, serverOf, countTokens }, call.candidate, signal);
    yield* fillIn({ call, memory, transports }, signal);
  }

  return { provider: 'openai', chat, fim };
}

/** Responses knows neither stop texts nor a seed. */
function wantsResponses({ candidate: { api }, options }: ChatCall): boolean {
  return api === 'responses' || (api === 'prefer-responses' && options['stop'] === undefined && options['seed'] === undefined);
}

function mayLackResponses(error: unknown): boolean {
  return RouterError.is(error, 'not_found') && (error.status === 404 || error.status === 405) && refusalBehind(error).code !== 'model_not_found';
}

interface Interfaces {
  completions(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined>;
  responses(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined>;
}

function createInterfaces(deps: HttpBackendDeps): Interfaces {
  const concessions = createConcessions();
  const thoughts = createThoughtMemory();
  /** In which field of a message a server writes what its model thinks. */
  const fields = new Map<string, ThoughtField>();
  const withThoughts = ({ candidate, messages }: ChatCall): Message[] =>
    messages.map((message) => (message.role === 'assistant' ? { ...message, parts: thoughts.restore(candidate, message.parts) } : message));

  async function* completions(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { candidate } = call;
    const server = `${candidate.endpoint} ${candidate.model}`;
    const { client, wire } = await connectTo(deps, candidate, call.decisionId);
    const body = { ...toChatBody({ ...call, messages: withThoughts(call) }, fields.get(server)), stream_options: { include_usage: true } };
    async function* open(inner: AbortSignal): AsyncGenerator<LooseChunk, void, undefined> {
      const create = (asked: typeof body) => client.chat.completions.create(asked, { signal: inner });
      yield* await concessions.ask({ server, body, create, explain: wire.explain });
    }
    const chunks = readWithin({ open, explain: wire.explain, deadlines: deadlinesFor(candidate, deps.deadlines) }, signal);
    const thinksIn = (field: ThoughtField) => void fields.set(server, field);
    const events = readAnswer(chunks, { host: hostOf(candidate.endpoint), endedWithDone: wire.endedWithDone, thinksIn });
    yield* thoughts.watch(candidate, withUsage(call, events));
  }

  async function* responses(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { candidate } = call;
    const { client, wire } = await connectTo(deps, candidate, call.decisionId);
    const body = toResponsesBody({ ...call, messages: withThoughts(call) });
    async function* open(inner: AbortSignal): AsyncGenerator<ResponseStreamEvent, void, undefined> {
      const create = (asked: typeof body) => client.responses.create(asked, { signal: inner });
      yield* await concessions.ask({ server: `${candidate.endpoint} ${candidate.model} responses`, body, create, explain: wire.explain });
    }
    const events = readWithin({ open, explain: wire.explain, deadlines: deadlinesFor(candidate, deps.deadlines) }, signal);
    yield* thoughts.watch(candidate, withUsage(call, readResponse(events, hostOf(candidate.endpoint))));
  }

  return { completions, responses };
}
