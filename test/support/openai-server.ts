// A model server of our own on loopback, for tests: OpenAI-compatible, Anthropic or Ollama, well behaved or not, scripted
// per model. It keeps every request and sees when a client closes the connection.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { anthropicRoutes } from './anthropic-routes';
import { type Exchange, type RecordedRequest, sendJson } from './exchange';
import type { ModelScript, ServerKind } from './model-script';
import { ollamaRoutes } from './ollama-routes';
import { responsesRoutes } from './openai-responses';
import { openAiRoutes } from './openai-routes';

export type { RecordedRequest } from './exchange';
export type { Fault, ModelScript, ServerKind } from './model-script';

export interface ModelServer {
  /** Without a path: `http://127.0.0.1:41234`. */
  readonly url: string;
  /** With `/v1`, as `baseUrl` of an OpenAI-compatible model. */
  readonly baseUrl: string;
  readonly requests: readonly RecordedRequest[];
  /** Resolves with the next (or a past) request that the client gave up. */
  aborted(path?: string): Promise<RecordedRequest>;
  /** Resolves with the first request whose path begins so, now or later. */
  received(path: string): Promise<RecordedRequest>;
  /** Replaces the models; later requests see them. */
  setModels(models: Readonly<Record<string, ModelScript>>): void;
  close(): Promise<void>;
}

export interface ModelServerOptions {
  readonly models: Readonly<Record<string, ModelScript>>;
  /** Which server to be; `openai` when left out. */
  readonly kind?: ServerKind;
  /** Every request must carry it as a bearer key; 401 without. */
  readonly key?: string;
  readonly port?: number;
  /** `127.0.0.1` when left out. */
  readonly host?: string;
}

/** Starts a server on a free port (or the one asked for). */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  let { models } = options;
  const server = createServer((incoming, response) => {
    void handle(incoming, response);
  });
  const connections = numberConnections(server);
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await record(incoming, connections.get(incoming.socket) ?? 0);
    requests.push(request);
    response.on('close', () => {
      request.finished = response.writableFinished;
      if (request.finished) return;
      request.aborted = true;
      request.abortedAt = Date.now();
      changed();
    });
    changed();
    await answer({ options: { kind: options.kind ?? 'openai' }, models, request, response }, options.key);
  };
  const until = (find: () => RecordedRequest | undefined): Promise<RecordedRequest> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (!found) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const url = `http://${options.host ?? '127.0.0.1'}:${String(port)}`;
  return {
    url,
    baseUrl: `${url}/v1`,
    requests,
    aborted: (path = '/') => until(() => requests.find((one) => one.aborted && one.path.startsWith(path))),
    received: (path) => until(() => requests.find((one) => one.path.startsWith(path))),
    setModels: (changedModels) => {
      models = changedModels;
    },
    close: () => close(server),
  };
}

const ROUTES = {
  anthropic: anthropicRoutes,
  ollama: ollamaRoutes,
  openai: { ...openAiRoutes, ...responsesRoutes },
  vllm: openAiRoutes,
  'llama.cpp': openAiRoutes,
  lmstudio: openAiRoutes,
};

async function answer(exchange: Exchange, key: string | undefined): Promise<void> {
  const { request, response, options } = exchange;
  if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) {
    sendJson(response, 401, { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' } });
    return;
  }
  const route = ROUTES[options.kind][`${request.method} ${request.path.split('?')[0] ?? ''}`];
  if (!route) {
    // LM Studio answers so, with status 200.
    const status = options.kind === 'lmstudio' ? 200 : 404;
    sendJson(response, status, { error: `Unexpected endpoint or method. (${request.method} ${request.path})` });
    return;
  }
  try {
    await route(exchange);
  } catch (error) {
    if (!response.headersSent) sendJson(response, 500, { error: { message: String(error) } });
    else response.destroy();
  }
}

async function record(incoming: IncomingMessage, connection: number): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: incoming.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    connection,
    aborted: false,
    abortedAt: undefined,
    finished: false,
  };
}

function numberConnections(server: Server): WeakMap<Socket, number> {
  const numbers = new WeakMap<Socket, number>();
  let count = 0;
  server.on('connection', (socket) => {
    count += 1;
    numbers.set(socket, count);
  });
  return numbers;
}

function listen(server: Server, { port = 0, host = '127.0.0.1' }: ModelServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
