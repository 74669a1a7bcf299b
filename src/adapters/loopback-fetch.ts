// A fetch for servers on this machine. "On this machine" is proven by the connection, not by the name: every
// address the name stands for must be a loopback one, and so must be the other end of the socket, before a byte is
// sent. Proxies, of the environment or of VS Code, and redirects never come into play. What it cannot know: whether
// the program that listens there hands requests on to somebody else.
import { lookup } from 'node:dns';
import { Agent as HttpAgent, ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, Socket, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { abortError } from '../shared/abort';
import { RouterError } from '../shared/errors';
import { hostOf, isLoopbackAddress, localityOf } from './locality';

export interface LoopbackFetchOptions {
  /** The system's look-up of names when left out. */
  readonly lookup?: LookupFunction;
}

/** Rejects with RouterError `not_local` where the connection would leave this machine; nothing has been sent then. */
export function createLoopbackFetch(options: LoopbackFetchOptions = {}): typeof fetch {
  const connect = connector(options.lookup ?? lookup);
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  http.createConnection = (to, done) => {
    connect(to, (error, socket) => {
      done?.(error, socket as Socket);
    });
    return undefined; // Handed over by `done`, once it is proven.
  };
  https.createConnection = (to, done) => {
    connect(to, (error, socket) => {
      if (error || !socket) done?.(error, undefined as unknown as Socket);
      else withTls(socket, to, done as Done);
    });
    return undefined;
  };
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    return send(url, init, url.protocol === 'https:' ? https : http);
  };
}

/** The one that the adapters share, so that connections are used again. */
const loopbackFetch: typeof fetch = createLoopbackFetch();

/** A server whose address counts as local is reached in the way that proves it; all others as usual. */
export function fetchFor(endpoint: string): typeof fetch {
  return localityOf(endpoint) === 'local' ? loopbackFetch : fetch;
}

type Done = (error: Error | null, socket?: Socket) => void;

/** Hands a socket over only after its other end has been seen to be on this machine. */
function connector(look: LookupFunction): (to: RequestOptions, done: Done) => void {
  return (to, done) => {
    const host = unbracketed(to.hostname ?? to.host ?? '');
    const strict: LookupFunction = (name, options, tell) => {
      look(name, { ...options, all: true }, (error, found) => {
        const addresses = Array.isArray(found) ? found : [];
        const foreign = addresses.find(({ address }) => !isLoopbackAddress(address));
        if (error || !foreign) tell(error, addresses);
        else tell(notLocal(name, foreign.address), []);
      });
    };
    const socket = new Socket();
    let told = false;
    const tell: Done = (error, proven) => {
      if (told) return;
      told = true;
      if (error) socket.destroy();
      done(error, proven);
    };
    socket.once('error', (error: Error) => {
      tell(error);
    });
    socket.once('connect', () => {
      const { remoteAddress = '' } = socket;
      if (isLoopbackAddress(remoteAddress)) tell(null, socket.setNoDelay(true));
      else tell(notLocal(host, remoteAddress));
    });
    if (isIP(host) !== 0 && !isLoopbackAddress(host)) tell(notLocal(host, host));
    else socket.connect({ host, port: Number(to.port), lookup: strict, autoSelectFamily: true });
  };
}

function notLocal(host: string, address: string): RouterError {
  return new RouterError(
    'not_local',
    `${host} leads to ${address === '' ? 'an unknown address' : address}, which is not on this machine. Nothing was sent. Give the server’s address as 127.0.0.1, or correct what the name stands for.`,
  );
}

function withTls(socket: Socket, to: RequestOptions, done: Done): void {
  const host = unbracketed(to.hostname ?? to.host ?? '');
  const secure = connectTls({ socket, ...(isIP(host) === 0 ? { servername: host } : { host }) });
  secure.once('error', (error: Error) => {
    done(error);
  });
  secure.once('secureConnect', () => {
    done(null, secure);
  });
}

function send(url: URL, init: RequestInit, agent: HttpAgent): Promise<Response> {
  const { signal } = init;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const payload = textOf(init.body);
    // Not `http.request`, which VS Code replaces by one that may choose a proxy.
    const request = new ClientRequest({ ...addressOf(url), agent, method: init.method ?? 'GET', headers: headersOf(init, payload) });
    const stop = (): void => {
      request.destroy(signal ? abortError(signal) : undefined);
    };
    signal?.addEventListener('abort', stop, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', stop));
    request.once('error', (error) => {
      if (signal?.aborted) reject(abortError(signal));
      else if (request.reusedSocket && wasClosed(error)) resolve(send(url, init, agent));
      else reject(asFetchError(error, url));
    });
    request.once('response', (incoming) => {
      resolve(toResponse(incoming, signal ?? undefined));
    });
    request.end(payload);
  });
}

/** The server gave an idle connection up just before it was used again; it has read nothing of the request. */
function wasClosed(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function textOf(body: RequestInit['body']): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'string') throw new TypeError('Only text can be sent.');
  return Buffer.from(body);
}

function addressOf({ protocol, hostname, port, pathname, search }: URL): RequestOptions {
  const usual = protocol === 'https:' ? 443 : 80;
  return { protocol, hostname: unbracketed(hostname), port: port === '' ? usual : Number(port), path: `${pathname}${search}` };
}

function headersOf(init: RequestInit, payload: Buffer | undefined): Record<string, string | number> {
  return { ...Object.fromEntries(new Headers(init.headers)), ...(payload ? { 'content-length': payload.length } : {}) };
}

/** What the platform's fetch throws: the reason is the cause. */
function asFetchError(error: Error, url: URL): Error {
  return RouterError.is(error) ? error : new TypeError(`fetch of ${hostOf(url.href)} failed`, { cause: error });
}

const WITHOUT_BODY = new Set([204, 205, 304]);

function toResponse(incoming: IncomingMessage, signal: AbortSignal | undefined): Response {
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  }
  const status = incoming.statusCode ?? 0;
  const stop = (): void => {
    if (signal) incoming.destroy(abortError(signal));
  };
  signal?.addEventListener('abort', stop, { once: true });
  incoming.once('close', () => signal?.removeEventListener('abort', stop));
  const body = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  if (body === null) incoming.resume();
  return new Response(body, { status, statusText: incoming.statusMessage ?? '', headers });
}

function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
