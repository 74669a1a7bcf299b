// One request to the test server and its answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelScript, ServerKind } from './model-script';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; an empty object without a body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Number of the connection it came over, from 1. */
  readonly connection: number;
  /** True once the client closed the connection before the answer was complete. */
  aborted: boolean;
  /** Milliseconds since the epoch at which the client did so. */
  abortedAt: number | undefined;
  /** True once the answer was sent whole. */
  finished: boolean;
}

export interface Exchange {
  readonly options: { readonly kind: ServerKind };
  readonly models: Readonly<Record<string, ModelScript>>;
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
}

/** The script of the model that the request (or its header `x-test-model`) names. */
export function scriptFor({ models, request }: Exchange): ModelScript | undefined {
  const named = [request.headers['x-test-model'], request.body['model'], Object.keys(models)[0]];
  const name = named.find((one) => typeof one === 'string');
  return models[name ?? ''];
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
