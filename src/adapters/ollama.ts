// Ollama by its native interface: newline-delimited JSON over fetch. The `ollama` package is not used: it prints
// what it cannot parse to the console, skips it, and takes keys from the environment.
import * as z from 'zod';
import { fimFormatByMarks, fimFormatFor, fimFormatOfFamily, renderFim, withExtra, type FimFormat } from '../completion/fim-formats';
import type { Backend, ChatCall, ChatEvent, FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { withUsage } from '../router/spending/usage';
import { RouterError } from '../shared/errors';
import { deadlinesFor, readWithin } from './deadlines';
import { createFimMemory, fillIn, type FimTransport } from './fim';
import { noteChunk } from './fim-notes';
import type { HttpBackendDeps } from './http-deps';
import { readJsonLines } from './json-lines';
import { hostOf } from './locality';
import { type OllamaChunk, readOllamaAnswer } from './ollama-answer';
import { keepAlive, toOllamaBody } from './ollama-messages';
import { askJson, rootOf } from './probe';
import { createThoughtMemory } from './thoughts';
import { createWire } from './wire';

export function createOllamaBackend(deps: HttpBackendDeps): Backend {
  const memory = createFimMemory();
  const thoughts = createThoughtMemory();

  function chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { candidate } = call;
    const messages = call.messages.map((message) =>
      message.role === 'assistant' ? { ...message, parts: thoughts.restore(candidate, message.parts) } : message,
    );
    const chunks = send(deps, { candidate, decisionId: call.decisionId, path: '/api/chat', body: toOllamaBody({ ...call, messages }) }, signal);
    return thoughts.watch(candidate, withUsage(call, readOllamaAnswer(chunks, hostOf(candidate.endpoint))));
  }

  function fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    return fillIn({ call, memory, transports: () => transportsFor(deps, call.candidate) }, signal);
  }

  return { provider: 'ollama', chat, fim };
}

interface Request {
  readonly candidate: Candidate;
  readonly decisionId?: string | undefined;
  readonly path: string;
  readonly body: object;
}

async function* send(deps: HttpBackendDeps, { candidate, decisionId, path, body }: Request, signal: AbortSignal): AsyncGenerator<OllamaChunk, void, undefined> {
  const { endpoint, model, keyName } = candidate;
  const wire = createWire({
    endpoint,
    model,
    key: await deps.key(endpoint, keyName),
    decisionId,
    fetch: deps.fetch,
    ...(deps.maxAnswerBytes === undefined ? {} : { maxBytes: deps.maxAnswerBytes }),
  });
  async function* open(inner: AbortSignal): AsyncGenerator<OllamaChunk, void, undefined> {
    const response = await wire.fetch(rootOf(endpoint) + path, { method: 'POST', body: JSON.stringify(body), signal: inner });
    for await (const chunk of readJsonLines<OllamaChunk>(response)) {
      if (chunk.error !== undefined) throw Object.assign(new Error('reported by the server'), { error: chunk.error });
      yield chunk;
    }
  }
  yield* readWithin({ open, explain: wire.explain, deadlines: deadlinesFor(candidate, deps.deadlines) }, signal);
}

/** Ollama refuses `suffix` for models whose template has no place for it; their family's marks may still work. */
async function transportsFor(deps: HttpBackendDeps, candidate: Candidate): Promise<FimTransport[]> {
  const format = fimFormatOfFamily(candidate.fimFamily) ?? fimFormatFor(candidate.model) ?? (await formatSaid(deps, candidate));
  const withSuffix = (call: FimCall) => ({ prompt: withExtra(call), suffix: call.suffix, options: sampling(call, []) });
  const rendered: FimTransport[] = format
    ? [transport(deps, 'rendered', (call) => ({ prompt: renderFim(format, call), raw: true, options: sampling(call, format.stop) }))]
    : [];
  return [transport(deps, 'suffix', withSuffix), ...rendered];
}

const shown = z.object({ template: z.string().catch(''), model_info: z.record(z.string(), z.unknown()).catch({}) });
const SHOW_MS = 2000;

/** By the name that the file itself carries, or by the marks in its template: users name models as they like. */
async function formatSaid(deps: HttpBackendDeps, { endpoint, model }: Candidate): Promise<FimFormat | undefined> {
  const root = rootOf(endpoint);
  const question = { baseUrl: endpoint, url: `${root}/api/show`, schema: shown, body: { model }, deadlineMs: SHOW_MS };
  const said = await askJson({ key: deps.key, fetch: deps.fetch }, question, new AbortController().signal);
  const names = [said?.model_info['general.basename'], said?.model_info['general.name']].map(String).join(' ');
  return fimFormatFor(names) ?? fimFormatByMarks(said?.template ?? '');
}

function sampling(call: FimCall, stop: readonly string[]): object {
  return { num_predict: call.maxTokens, temperature: 0, stop: [...call.stop, ...stop] };
}

interface Prompt {
  readonly prompt: string;
  readonly suffix?: string;
  readonly [option: string]: unknown;
}

function transport(deps: HttpBackendDeps, name: string, toPrompt: (call: FimCall) => Prompt): FimTransport {
  async function* ask(call: FimCall, telling: boolean, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { candidate } = call;
    const asked = toPrompt(call);
    const body = { model: candidate.model, stream: true, ...keepAlive(candidate), ...asked, ...(telling ? { logprobs: true } : {}) };
    let done = false;
    for await (const chunk of send(deps, { candidate, path: '/api/generate', body }, signal)) {
      noteChunk(call, chunk, asked.prompt.length + (asked.suffix?.length ?? 0));
      if (chunk.response) yield chunk.response;
      done ||= chunk.done === true;
    }
    if (!done) throw new RouterError('cut', `The completion of ${hostOf(candidate.endpoint)} ended in the middle.`);
  }
  return { name, ask };
}
