// Anthropic's Messages API by the official package, with everything switched off that is decided elsewhere. One
// request and its answer; retrying, falling back and choosing are the router's business.
import type Anthropic from '@anthropic-ai/sdk';
import type { Backend, ChatCall, ChatEvent } from '../router/ports';
import type { Candidate } from '../router/types';
import { withUsage } from '../router/spending/usage';
import { RouterError } from '../shared/errors';
import { readMessage } from './anthropic-answer';
import { type Concession, concessions, hasSampling } from './anthropic-concessions';
import { type MessagesBody, toMessagesBody } from './anthropic-messages';
import { deadlinesFor, readWithin } from './deadlines';
import { refusalBehind } from './errors';
import type { HttpBackendDeps } from './http-deps';
import { hostOf } from './locality';
import { createThoughtMemory } from './thoughts';
import { createWire, type Wire } from './wire';

type Event = Anthropic.RawMessageStreamEvent;

/** The last form of a request that knows temperature; from 2026-10-21 on it is refused for every model. */
const VERSION_WITH_SAMPLING = '2023-06-01';

export function createAnthropicBackend(deps: HttpBackendDeps): Backend {
  const thoughts = createThoughtMemory();
  const refused = new Set<string>();

  async function* chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { candidate } = call;
    const messages = call.messages.map((message) =>
      message.role === 'assistant' ? { ...message, parts: thoughts.restore(candidate, message.parts) } : message,
    );
    const connection = await connectTo(deps, candidate, call.decisionId);
    const body = toMessagesBody({ ...call, messages });
    const open = (inner: AbortSignal): AsyncIterable<Event> => openStream(connection, { body, refused, server: `${candidate.endpoint} ${candidate.model}` }, inner);
    const events = readWithin({ open, explain: connection.wire.explain, deadlines: deadlinesFor(candidate, deps.deadlines) }, signal);
    yield* thoughts.watch(candidate, withUsage(call, readMessage(events, hostOf(candidate.endpoint))));
  }

  return { provider: 'anthropic', chat };
}

interface Connection {
  readonly client: Anthropic;
  readonly wire: Wire;
}

async function connectTo(deps: HttpBackendDeps, { endpoint, model, keyName }: Candidate, decisionId: string | undefined): Promise<Connection> {
  // Loaded with the first request: the package is large and activation must not wait for it.
  const [{ Anthropic: Client }, key] = await Promise.all([import('@anthropic-ai/sdk'), deps.key(endpoint, keyName)]);
  const wire = createWire({
    endpoint,
    model,
    key,
    decisionId,
    fetch: deps.fetch,
    ...(deps.maxAnswerBytes === undefined ? {} : { maxBytes: deps.maxAnswerBytes }),
  });
  const client = new Client({
    baseURL: endpoint,
    // The wire sends the key. What the environment holds is not this user's choice for this server.
    apiKey: 'sent-by-the-wire',
    webhookKey: null,
    openTelemetry: false,
    fetch: wire.fetch,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
  });
  return { client, wire };
}

interface Opening {
  readonly body: MessagesBody;
  /** What endpoints and models refuse, by `server` and name of the concession. */
  readonly refused: Set<string>;
  readonly server: string;
}

/**
 * Asks for less each time the request is refused, since the server does not name what it refuses: a prompt that is
 * too long costs as many refused requests as there are concessions to make.
 */
async function* openStream({ client, wire }: Connection, { body, refused, server }: Opening, signal: AbortSignal): AsyncGenerator<Event, void, undefined> {
  const known = concessions.filter(({ name, applies }) => refused.has(`${server} ${name}`) && applies(body));
  let asked = known.reduce((left, { make }) => make(left), body);
  let last: Concession | undefined;
  for (;;) {
    try {
      const version = hasSampling(asked) ? { headers: { 'anthropic-version': VERSION_WITH_SAMPLING } } : {};
      // Not `client.messages.create`: that prints the names of models that are about to retire to the console.
      const stream = await client.post<AsyncIterable<Event>>('/v1/messages', { body: asked, stream: true, signal, ...version });
      if (last?.forGood === true) refused.add(`${server} ${last.name}`);
      yield* stream;
      return;
    } catch (error) {
      last = mayBeConceded(wire.explain(error)) ? concessions.find((one) => one.applies(asked)) : undefined;
      if (!last) throw error;
      asked = last.make(asked);
    }
  }
}

function mayBeConceded(error: Error): boolean {
  return RouterError.is(error, 'bad_request') && error.status === 400 && refusalBehind(error).code === 'invalid_request_error';
}
