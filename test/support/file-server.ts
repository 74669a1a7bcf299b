// A file server of our own on loopback, for tests of downloads: well behaved (ranges, If-Range, tags) unless a script
// says otherwise for the next requests. It keeps every request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly body: Buffer;
  readonly etag?: string;
  readonly lastModified?: string;
  /** False: the server knows nothing of ranges. */
  readonly ranges?: boolean;
  /** Sent with every answer for the file, also with refusals. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What one request gets instead of a good answer; several together where that makes sense. */
export interface Deed {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a refusal or of a page that is not the file. */
  readonly page?: string;
  readonly redirect?: string;
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Silence after so many bytes; the connection stays open. */
  readonly stallAfter?: number;
  /** Without a length, in chunks. */
  readonly chunked?: boolean;
  /** Milliseconds between pieces of 1 KiB. */
  readonly slowMs?: number;
  /** No answer at all: the connection is closed. */
  readonly hangUp?: boolean;
  /** Sends the range, but of other bytes than those asked for. */
  readonly wrongRange?: boolean;
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly range: string | undefined;
  /** Body bytes handed to the connection. */
  sent: number;
  /** True once the client closed the connection before the answer was complete. */
  aborted: boolean;
}

export interface FileServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  serve(path: string, file: ServedFile): void;
  /** The next requests for the path do these deeds in turn; those after them are answered well. */
  script(path: string, ...deeds: Deed[]): void;
  /** Resolves once a request fulfils the condition. */
  until(condition: (requests: readonly SeenRequest[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface FileServerOptions {
  readonly host?: string;
  /** Bytes of the file that the client has. A connection is cut once those sent have arrived: a client may drop
   * what it has not read yet when its connection breaks. */
  readonly received?: () => number;
}

export async function startFileServer({ host = '127.0.0.1', received = () => Infinity }: FileServerOptions = {}): Promise<FileServer> {
  const requests: SeenRequest[] = [];
  const files = new Map<string, ServedFile>();
  const scripts = new Map<string, Deed[]>();
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? '/';
    const seen: SeenRequest = { path, headers: incoming.headers, range: incoming.headers.range, sent: 0, aborted: false };
    requests.push(seen);
    response.on('close', () => {
      seen.aborted = !response.writableFinished;
    });
    void answer({ seen, response, file: files.get(path), deed: scripts.get(path)?.shift() ?? {}, received });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve());
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String((server.address() as AddressInfo).port)}`,
    requests,
    serve: (path, file) => void files.set(path, file),
    script: (path, ...deeds) => void scripts.set(path, deeds),
    until: async (condition) => {
      for (let waited = 0; !condition(requests); waited += 5) {
        if (waited > 10_000) throw new Error('the server waited in vain');
        await pause(5);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly seen: SeenRequest;
  readonly response: ServerResponse;
  readonly file: ServedFile | undefined;
  readonly deed: Deed;
  readonly received: () => number;
}

async function answer(exchange: Exchange): Promise<void> {
  const { response, file, deed } = exchange;
  if (deed.hangUp === true) {
    response.destroy();
    return;
  }
  if (deed.redirect !== undefined) {
    response.writeHead(deed.status ?? 302, { location: deed.redirect, ...file?.headers, ...deed.headers }).end('moved');
    return;
  }
  if (deed.status !== undefined || deed.page !== undefined) {
    response.writeHead(deed.status ?? 200, { 'content-type': 'text/html', ...deed.headers }).end(deed.page ?? 'no');
    return;
  }
  if (!file) {
    response.writeHead(404).end('no such file');
    return;
  }
  await send(exchange, file);
}

async function send({ seen, response, deed, received }: Exchange, file: ServedFile): Promise<void> {
  const { body } = file;
  const from = rangeStart(seen, file);
  const tags = { ...(file.etag ? { etag: file.etag } : {}), ...(file.lastModified ? { 'last-modified': file.lastModified } : {}), ...file.headers, ...deed.headers };
  if (from !== undefined && from >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${String(body.length)}`, ...tags }).end();
    return;
  }
  const start = (from ?? 0) + (deed.wrongRange === true ? 7 : 0);
  const part = body.subarray(start);
  response.writeHead(from === undefined ? 200 : 206, {
    ...tags,
    ...(deed.chunked === true ? {} : { 'content-length': String(part.length) }),
    ...(from === undefined ? {} : { 'content-range': `bytes ${String(start)}-${String(body.length - 1)}/${String(body.length)}` }),
  });
  await sendPieces({ seen, response, deed }, part);
  if (deed.cutAfter === undefined) return;
  for (let waited = 0; received() < start + deed.cutAfter && waited < 5000; waited += 2) await pause(2);
  response.destroy();
}

async function sendPieces({ seen, response, deed }: Pick<Exchange, 'seen' | 'response' | 'deed'>, part: Buffer): Promise<void> {
  const { cutAfter, stallAfter, slowMs } = deed;
  // An answer without a first byte must still have its head.
  response.flushHeaders();
  const end = Math.min(part.length, cutAfter ?? Infinity, stallAfter ?? Infinity);
  const closed = once(response, 'close');
  const step = slowMs === undefined ? 64 * 1024 : 1024;
  for (let at = 0; at < end && !response.destroyed; at += step) {
    const piece = part.subarray(at, Math.min(end, at + step));
    seen.sent += piece.length;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
    if (slowMs !== undefined) await pause(slowMs);
  }
  if (stallAfter === undefined && cutAfter === undefined) response.end();
}

function rangeStart({ headers }: SeenRequest, { ranges = true, etag, lastModified }: ServedFile): number | undefined {
  const asked = /^bytes=(\d+)-$/u.exec(headers.range ?? '')?.[1];
  if (!ranges || asked === undefined) return undefined;
  const condition = headers['if-range'];
  return condition === undefined || condition === etag || condition === lastModified ? Number(asked) : undefined;
}

function once(response: ServerResponse, event: 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => void response.once(event, () => resolve()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
