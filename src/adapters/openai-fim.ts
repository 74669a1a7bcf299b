// The ways in which OpenAI-compatible servers fill in the middle: llama-server's /infill, `suffix`, Mistral's
// /fim/completions, a prompt with the model family's own marks, and a chat about a hole.
import { fimFormatByMarks, fimFormatFor, fimFormatOfFamily, holePrompt, renderFim, withExtra, type FimFormat } from '../completion/fim-formats';
import type { FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { withDeadline } from '../shared/abort';
import { RouterError } from '../shared/errors';
import { type Deadlines, readWithin } from './deadlines';
import type { FimTransport } from './fim';
import { noteChunk, type TellingChunk, type TokenCounter } from './fim-notes';
import { hostOf } from './locality';
import type { Connection } from './openai-client';
import type { Reading } from './openai-answer';
import { type ProbeDeps, probeServer, rootOf, type Server, type ServerKind } from './probe';

export interface OpenAiFimDeps {
  readonly serverOf: ServerOf;
  readonly connect: (candidate: Candidate) => Promise<Connection>;
  readonly deadlines: Deadlines;
  readonly countTokens: TokenCounter;
}

/** The union of what the endpoints stream; every field may be missing. */
interface FimChunk extends TellingChunk {
  readonly content?: string | null;
  readonly stop?: boolean;
  readonly choices?: readonly (NonNullable<TellingChunk['choices']>[number] & {
    readonly text?: string | null;
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  })[];
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
  const make = transportsOf(deps, server);
  const rendered = format ? [make('rendered', (call) => renderedRequest(format, call), COMPLETION_EXTRAS)] : [];
  // Asking a model that only chats is dear and often wrong: only where the user said that it can.
  const chat = capabilities.includes('fim') && !format ? [make('chat', chatRequest, CHAT_EXTRAS)] : [];
  return [...ownWays(make, server?.kind), ...rendered, ...chat];
}

/** What is asked for besides text, where it is free: how likely the tokens were, and how many the prompt had. */
interface Extras {
  readonly counts: object;
  readonly likelihoods: object;
}

const COMPLETION_EXTRAS: Extras = { counts: { stream_options: { include_usage: true } }, likelihoods: { logprobs: 1 } };
const CHAT_EXTRAS: Extras = { counts: { stream_options: { include_usage: true } }, likelihoods: { logprobs: true } };
const INFILL_EXTRAS: Extras = { counts: {}, likelihoods: { n_probs: 1 } };
const NO_EXTRAS: Extras = { counts: {}, likelihoods: {} };

/**
 * Before this build llama-server sorted its whole vocabulary for each token that it was to tell the likelihood of,
 * 8 ms instead of less than one (llama.cpp, pull request 24796). Builds from a copy without history have the number 1.
 */
const QUICK_LIKELIHOODS = 9800;

function tellsLikelihoods(server: Server | undefined): boolean {
  const build = Number(/^b(\d+)/u.exec(server?.props?.build_info ?? '')?.[1] ?? 0);
  return server?.kind !== 'llama.cpp' || build >= QUICK_LIKELIHOODS || build <= 1;
}

/** By the file that llama-server has loaded, or by the marks in its template. */
function formatSaid(server: Server | undefined): FimFormat | undefined {
  const { model_path: path, chat_template: template } = server?.props ?? {};
  return fimFormatFor(path ?? '') ?? fimFormatByMarks(template ?? '');
}

type Make = (name: string, toRequest: (call: FimCall) => FimRequest, extras: Extras) => FimTransport;

function ownWays(make: Make, kind: ServerKind | undefined): FimTransport[] {
  // LM Studio takes `suffix` without a word and ignores it; the answer would not fit what follows the cursor.
  if (kind === 'lmstudio') return [];
  if (kind === 'llama.cpp') return [make('infill', infillRequest, INFILL_EXTRAS)];
  const withSuffix = (call: FimCall) => {
    const prompt = withExtra(call);
    return { body: { ...sampling(call), prompt, suffix: call.suffix, stop: call.stop }, chars: prompt.length + call.suffix.length };
  };
  return [
    make('suffix', (call) => ({ path: '/completions', ...withSuffix(call) }), COMPLETION_EXTRAS),
    // Mistral refuses what it does not know, and counts unasked.
    make('fim', (call) => ({ path: '/fim/completions', ...withSuffix(call) }), NO_EXTRAS),
  ];
}

function renderedRequest(format: FimFormat, call: FimCall): FimRequest {
  const prompt = renderFim(format, call);
  return { path: '/completions', body: { ...sampling(call), prompt, stop: [...call.stop, ...format.stop] }, chars: prompt.length };
}

function chatRequest(call: FimCall): FimRequest {
  const { system, user } = holePrompt(call);
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }];
  return { path: '/chat/completions', body: { ...sampling(call), messages, stop: call.stop }, chars: system.length + user.length };
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
    chars: call.prefix.length + call.suffix.length,
  };
}

interface FimRequest {
  /** Below the base address, or a whole address. */
  readonly path: string;
  readonly body: Record<string, unknown>;
  /** Of the prompt. */
  readonly chars: number;
}

function transportsOf(deps: OpenAiFimDeps, server: Server | undefined): Make {
  const likelihoods = tellsLikelihoods(server);
  const extrasOf = (extras: Extras, telling: boolean) => (telling ? { ...extras.counts, ...(likelihoods ? extras.likelihoods : {}) } : {});
  return (name, toRequest, extras) => {
    async function* ask(call: FimCall, telling: boolean, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
      const { client, wire } = await deps.connect(call.candidate);
      const { path, body, chars } = toRequest(call);
      const asked = withoutEmptyStop({ ...body, ...extrasOf(extras, telling) });
      async function* open(inner: AbortSignal): AsyncGenerator<FimChunk, void, undefined> {
        yield* await client.post<AsyncIterable<FimChunk>>(path, { body: asked, stream: true, signal: inner });
      }
      const chunks = readWithin({ open, explain: wire.explain, deadlines: deps.deadlines }, signal);
      yield* readFim(noting(chunks, call, chars), { host: hostOf(call.candidate.endpoint), endedWithDone: wire.endedWithDone });
    }
    return { name, ask: server?.kind === 'llama.cpp' ? countingAfter(ask, deps.countTokens) : ask };
  };
}

async function* noting(chunks: AsyncIterable<FimChunk>, call: FimCall, chars: number): AsyncGenerator<FimChunk, void, undefined> {
  for await (const chunk of chunks) {
    noteChunk(call, chunk, chars);
    yield chunk;
  }
}

/** Counts once the answer is there, or its reader has enough; nobody waits for it. */
function countingAfter(ask: FimTransport['ask'], countTokens: TokenCounter): FimTransport['ask'] {
  return async function* counting(call, telling, signal) {
    let answered = false;
    try {
      for await (const text of ask(call, telling, signal)) {
        answered = true;
        yield text;
      }
    } finally {
      if (answered && call.count === true) void countTokens(call);
    }
  };
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
