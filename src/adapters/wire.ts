// A fetch for one request to one server. It sends the key to that server's origin only, follows no redirect,
// sends no header that was not asked for here (libraries add some from the environment), bounds what is read,
// and turns every refusal into a RouterError.
import { RouterError } from '../shared/errors';
import { type ErrorContext, reportedError, statusError, toRouterError } from './errors';
import { hostOf, localityOf } from './locality';
import { fetchFor } from './loopback-fetch';

export interface WireTarget {
  /** Base address of the server. */
  readonly endpoint: string;
  readonly model?: string;
  readonly key?: string | undefined;
  /** How the key travels: as a bearer token when left out, or in Azure's own header. */
  readonly keyHeader?: 'authorization' | 'api-key';
  /** Told to servers on this machine alone: their logs can then be joined with the decision. */
  readonly decisionId?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Most bytes one answer may have. */
  readonly maxBytes?: number;
}

export interface Wire {
  readonly fetch: typeof fetch;
  /** The RouterError for whatever the request or its answer threw; an AbortError as it is. */
  readonly explain: (error: unknown) => Error;
  /** True when the answer ended with the event `[DONE]`. */
  readonly endedWithDone: () => boolean;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 64 * 1024;
/** Most time to wait for the last bytes of an answer that is complete, so that its connection can be used again. */
const DRAIN_MS = 250;

export function createWire(target: WireTarget): Wire {
  const context: ErrorContext & { sent?: string; answering?: boolean } = {
    endpoint: target.endpoint,
    keySent: target.key !== undefined,
    ...(target.model === undefined ? {} : { model: target.model }),
  };
  const meter = createMeter(target.endpoint, target.maxBytes ?? MAX_ANSWER_BYTES);
  const ask = target.fetch ?? fetchFor(target.endpoint);
  const send: typeof fetch = async (url, init = {}) => {
    if (typeof init.body === 'string') context.sent = init.body;
    const response = await ask(url, { ...init, headers: headersFor(target, url, init), redirect: 'manual' });
    if (isRedirect(response)) throw redirectError(response, target.endpoint);
    if (!response.ok) throw statusError(response, await readText(response, MAX_REFUSAL_BYTES), context);
    context.answering = true;
    if (isDocument(response) && asksForStream(init)) return await documentInsteadOfStream(response, context);
    return response.body ? new Response(meter.watch(response.body), response) : response;
  };
  return {
    fetch: send,
    explain: (error) => toRouterError(error, context),
    endedWithDone: () => meter.endedWithDone(),
  };
}

function headersFor(target: WireTarget, url: string | URL | Request, init: RequestInit): Record<string, string> {
  const address = url instanceof Request ? url.url : String(url);
  // The one header of a library that servers need: it says which form a request has.
  const version = new Headers(init.headers).get('anthropic-version');
  const sameOrigin = new URL(address).origin === new URL(target.endpoint).origin;
  return {
    accept: asksForStream(init) ? 'text/event-stream, application/x-ndjson, application/json' : 'application/json',
    'user-agent': 'fairlead',
    ...(typeof init.body === 'string' ? { 'content-type': 'application/json' } : {}),
    ...(target.decisionId !== undefined && localityOf(address) === 'local' ? { 'x-fairlead-decision': target.decisionId } : {}),
    ...(version === null ? {} : { 'anthropic-version': version }),
    ...(target.key !== undefined && sameOrigin ? keyHeader(target.key, version === OLD_ANTHROPIC ? 'x-api-key' : target.keyHeader) : {}),
  };
}

/** Requests in this form carry the key in a header of their own; later ones as a bearer token. */
const OLD_ANTHROPIC = '2023-06-01';

function keyHeader(key: string, name: string | undefined): Record<string, string> {
  return name === undefined || name === 'authorization' ? { authorization: `Bearer ${key}` } : { [name]: key };
}

function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400);
}

function redirectError(response: Response, endpoint: string): RouterError {
  const to = response.headers.get('location');
  const where = to === null ? 'another address' : hostOf(new URL(to, endpoint).href);
  void response.body?.cancel();
  return new RouterError(
    'not_found',
    `${hostOf(endpoint)} sends requests on to ${where}. Requests and keys are not redirected: put the right address into your settings.`,
    { status: response.status },
  );
}

function asksForStream(init: RequestInit): boolean {
  return typeof init.body === 'string' && /"stream":\s*true/u.test(init.body);
}

function isDocument(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/json') === true;
}

/** Some gateways report errors as a document with status 200; some servers name their stream JSON. */
async function documentInsteadOfStream(response: Response, context: ErrorContext): Promise<Response> {
  const text = await readText(response, MAX_ANSWER_BYTES);
  const document = parseJson(text);
  if (document === undefined) return new Response(text, response);
  const report = typeof document === 'object' && document !== null && 'error' in document ? document.error : undefined;
  if (report !== undefined && report !== null) throw reportedError(report, context);
  throw new RouterError('malformed', `${hostOf(context.endpoint)} answered with one document instead of a stream.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Events or lines after all; whoever reads the stream decides.
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) break;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

interface Meter {
  watch(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
  endedWithDone(): boolean;
}

/** Counts what arrives and keeps the last few bytes, where the `[DONE]` event stands. */
function createMeter(endpoint: string, maxBytes: number): Meter {
  let bytes = 0;
  let tail = '';
  const endedWithDone = (): boolean => /(?:^|\n)data:\s*\[DONE\]\s*$/u.test(tail);
  const note = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    tail = (tail + Buffer.from(chunk.subarray(-64)).toString('latin1')).slice(-64);
    if (bytes > maxBytes) {
      throw new RouterError('malformed', `The answer of ${hostOf(endpoint)} is larger than ${String(maxBytes)} bytes.`);
    }
  };
  const watch = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
    const reader = body.getReader();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        try {
          note(value);
        } catch (error) {
          void reader.cancel();
          throw error;
        }
        controller.enqueue(value);
      },
      cancel: () => (endedWithDone() ? drain(reader) : reader.cancel()),
    });
  };
  return { watch, endedWithDone };
}

/** Reads the end of a complete answer: cancelling instead would close a connection that can serve again. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel(), DRAIN_MS);
  let done = false;
  while (!done) ({ done } = await reader.read());
  clearTimeout(timer);
}
