// The ways in which OpenAI-compatible servers fill in the middle: llama-server's /infill, `suffix`, Mistral's
// /fim/completions, a prompt with the model family's own marks, and a chat about a hole.
import { fimFormatByMarks, fimFormatFor, fimFormatOfFamily, holePrompt, renderFim, withExtra, type FimFormat } from '../completion/fim-formats';
import type { FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { withDeadline } from '../shared/abort';
import { RouterError } from '../shared/errors';
import { type Deadlines, readWithin } from './deadlines';
import type { FimTransport } from './fim';
import { hostOf } from './locality';
import type { Connection } from './openai-client';
import type { Reading } from './openai-answer';
import { type ProbeDeps, probeServer, rootOf, type Server, type ServerKind } from './probe';

export interface OpenAiFimDeps {
  readonly serverOf: ServerOf;
  readonly connect: (candidate: Candidate) => Promise<Connection>;
  readonly deadlines: Deadlines;
}

/** The union of what the endpoints stream; every field may be missing. */
interface FimChunk {
  readonly content?: string | null;
  readonly stop?: boolean;
  readonly choices?: readonly {
    readonly text?: string | null;
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
}

export type ServerOf = (endpoint: string, signal: AbortSignal) => Promise<Server | undefined>;

const SERVER_MS = 5000;
/** Longer than discovery takes: it is asked once, and a server far away may be slow. */
const QUESTION_MS = 2000;

/** Asks each server once what it is. A completion given up while typing does not take the question back. */
export function createServerMemory(deps: ProbeDeps): ServerOf {
  const asked = new Map<string, Promise<Server | undefined>>();
  const ask = (endpoint: string): Promise<Server | undefined> => {
    const server = probeServer({ ...deps, probeMs: QUESTION_MS }, endpoint, new AbortController().signal);
    asked.set(endpoint, server);
    void server.then((found) => found ?? asked.delete(endpoint));
    return server;
  };
  return (endpoint, signal) => withDeadline(SERVER_MS, signal, () => asked.get(endpoint) ?? ask(endpoint));
}

/** The ways that may work, by what the server is and what it says of the model. */
export async function openAiTransports(deps: OpenAiFimDeps, candidate: Candidate, signal: AbortSignal): Promise<FimTransport[]> {
  const { endpoint, model, fimFamily, capabilities } = candidate;
  const server = await deps.serverOf(endpoint, signal);
  const format = fimFormatOfFamily(fimFamily) ?? fimFormatFor(model) ?? formatSaid(server);
  const rendered = format ? [transport(deps, 'rendered', (call) => renderedRequest(format, call))] : [];
  // Asking a model that only chats is dear and often wrong: only where the user said that it can.
  const chat = capabilities.includes('fim') && !format ? [transport(deps, 'chat', chatRequest)] : [];
  return [...ownWays(deps, server?.kind), ...rendered, ...chat];
}

/** By the file that llama-server has loaded, or by the marks in its template. */
function formatSaid(server: Server | undefined): FimFormat | undefined {
  const { model_path: path, chat_template: template } = server?.props ?? {};
  return fimFormatFor(path ?? '') ?? fimFormatByMarks(template ?? '');
}

function ownWays(deps: OpenAiFimDeps, kind: ServerKind | undefined): FimTransport[] {
  // LM Studio takes `suffix` without a word and ignores it; the answer would not fit what follows the cursor.
  if (kind === 'lmstudio') return [];
  if (kind === 'llama.cpp') return [transport(deps, 'infill', infillRequest)];
  const withSuffix = (call: FimCall) => ({ ...sampling(call), prompt: withExtra(call), suffix: call.suffix, stop: call.stop });
  return [
    transport(deps, 'suffix', (call) => ({ path: '/completions', body: withSuffix(call) })),
    transport(deps, 'fim', (call) => ({ path: '/fim/completions', body: withSuffix(call) })),
  ];
}

function renderedRequest(format: FimFormat, call: FimCall): FimRequest {
  return { path: '/completions', body: { ...sampling(call), prompt: renderFim(format, call), stop: [...call.stop, ...format.stop] } };
}

function chatRequest(call: FimCall): FimRequest {
  const { system, user } = holePrompt(call);
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }];
  return { path: '/chat/completions', body: { ...sampling(call), messages, stop: call.stop } };
}

/** Greedy: the likeliest continuation, and the same one while nothing changes. */
function sampling(call: FimCall): Record<string, unknown> {
  return { model: call.candidate.model, max_tokens: call.maxTokens, temperature: 0, stream: true };
}

function infillRequest(call: FimCall): FimRequest {
  return {
    path: `${rootOf(call.candidate.endpoint)}/infill`,
    body: {
      model: call.candidate.model,
      input_prefix: call.prefix,
      input_suffix: call.suffix,
      ...(call.extra && call.extra.length > 0 ? { input_extra: call.extra.map(({ path, text }) => ({ filename: path, text })) } : {}),
      n_predict: call.maxTokens,
      stop: call.stop,
      temperature: 0,
      cache_prompt: true,
      stream: true,
    },
  };
}

interface FimRequest {
  /** Below the base address, or a whole address. */
  readonly path: string;
  readonly body: Record<string, unknown>;
}

function transport(deps: OpenAiFimDeps, name: string, toRequest: (call: FimCall) => FimRequest): FimTransport {
  async function* ask(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { client, wire } = await deps.connect(call.candidate);
    const { path, body } = toRequest(call);
    async function* open(inner: AbortSignal): AsyncGenerator<FimChunk, void, undefined> {
      yield* await client.post<AsyncIterable<FimChunk>>(path, { body: withoutEmptyStop(body), stream: true, signal: inner });
    }
    const chunks = readWithin({ open, explain: wire.explain, deadlines: deps.deadlines }, signal);
    yield* readFim(chunks, { host: hostOf(call.candidate.endpoint), endedWithDone: wire.endedWithDone });
  }
  return { name, ask };
}

/** Some servers refuse an empty list of stop texts. */
function withoutEmptyStop({ stop, ...body }: Record<string, unknown>): Record<string, unknown> {
  return Array.isArray(stop) && stop.length > 0 ? { ...body, stop } : body;
}

/** Yields the text. An empty answer is one: nothing belongs there. */
async function* readFim(chunks: AsyncIterable<FimChunk>, reading: Reading): AsyncGenerator<string, void, undefined> {
  let ended = false;
  for await (const chunk of chunks) {
    const text = textIn(chunk);
    if (text) yield text;
    ended ||= chunk.stop === true || Boolean(chunk.choices?.[0]?.finish_reason);
  }
  if (!ended && !reading.endedWithDone()) {
    throw new RouterError('cut', `The completion of ${reading.host} ended in the middle.`);
  }
}

/** /infill, /completions and /fim/completions put it in three places. */
function textIn({ content, choices }: FimChunk): string | null | undefined {
  const choice = choices?.[0];
  return content ?? choice?.text ?? choice?.delta?.content;
}
