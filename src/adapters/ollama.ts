// Ollama by its native interface: newline-delimited JSON over fetch. The `ollama` package is not used: it prints
// what it cannot parse to the console, skips it, and takes keys from the environment.
import { fimFormatFor, renderFim } from '../completion/fim-formats';
import type { Backend, ChatCall, ChatEvent, FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { RouterError } from '../shared/errors';
import { DEFAULT_DEADLINES, readWithin } from './deadlines';
import { createFimMemory, fillIn, type FimTransport } from './fim';
import type { HttpBackendDeps } from './http-deps';
import { readJsonLines } from './json-lines';
import { hostOf } from './locality';
import { type OllamaChunk, readOllamaAnswer } from './ollama-answer';
import { toOllamaBody } from './ollama-messages';
import { rootOf } from './probe';
import { createWire } from './wire';

export function createOllamaBackend(deps: HttpBackendDeps): Backend {
  const memory = createFimMemory();

  function chat(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const chunks = send(deps, { candidate: call.candidate, path: '/api/chat', body: toOllamaBody(call) }, signal);
    return readOllamaAnswer(chunks, hostOf(call.candidate.endpoint));
  }

  function fim(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    return fillIn({ call, memory, transports: () => Promise.resolve(transportsFor(deps, call.candidate)) }, signal);
  }

  return { provider: 'ollama', chat, fim };
}

interface Request {
  readonly candidate: Candidate;
  readonly path: string;
  readonly body: object;
}

async function* send(deps: HttpBackendDeps, { candidate, path, body }: Request, signal: AbortSignal): AsyncGenerator<OllamaChunk, void, undefined> {
  const { endpoint, model } = candidate;
  const wire = createWire({
    endpoint,
    model,
    key: await deps.key(endpoint),
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
  yield* readWithin({ open, explain: wire.explain, deadlines: { ...DEFAULT_DEADLINES, ...deps.deadlines } }, signal);
}

/** Ollama refuses `suffix` for models whose template has no place for it; their family's marks may still work. */
function transportsFor(deps: HttpBackendDeps, { model }: Candidate): FimTransport[] {
  const format = fimFormatFor(model);
  const withSuffix = (call: FimCall) => ({ prompt: call.prefix, suffix: call.suffix, options: sampling(call, []) });
  const rendered: FimTransport[] = format
    ? [
        transport(deps, 'rendered', (call) => ({
          prompt: renderFim(format, call.prefix, call.suffix),
          raw: true,
          options: sampling(call, format.stop),
        })),
      ]
    : [];
  return [transport(deps, 'suffix', withSuffix), ...rendered];
}

function sampling(call: FimCall, stop: readonly string[]): object {
  return { num_predict: call.maxTokens, temperature: 0, stop: [...call.stop, ...stop] };
}

function transport(deps: HttpBackendDeps, name: string, toBody: (call: FimCall) => object): FimTransport {
  async function* ask(call: FimCall, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { candidate } = call;
    const body = { model: candidate.model, stream: true, ...toBody(call) };
    let done = false;
    for await (const chunk of send(deps, { candidate, path: '/api/generate', body }, signal)) {
      if (chunk.response) yield chunk.response;
      done ||= chunk.done === true;
    }
    if (!done) throw new RouterError('cut', `The completion of ${hostOf(candidate.endpoint)} ended in the middle.`);
  }
  return { name, ask };
}
