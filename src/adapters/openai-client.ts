// The `openai` package's client for one request, with everything switched off that is decided elsewhere.
import type { OpenAI } from 'openai';
import type { Candidate } from '../router/types';
import type { HttpBackendDeps } from './http-deps';
import { createWire, type Wire } from './wire';

/** A client for one request: its wire knows the key and what went wrong. */
export interface Connection {
  readonly client: OpenAI;
  readonly wire: Wire;
}

export async function connectTo(deps: HttpBackendDeps, { endpoint, model, keyName, apiVersion }: Candidate, decisionId?: string): Promise<Connection> {
  // Loaded with the first request: the package is large and activation must not wait for it.
  const [{ OpenAI }, key] = await Promise.all([import('openai'), deps.key(endpoint, keyName)]);
  const wire = createWire({
    endpoint,
    model,
    key,
    decisionId,
    // Azure's older addresses take no bearer token.
    ...(apiVersion === undefined ? {} : { keyHeader: 'api-key' }),
    fetch: deps.fetch,
    ...(deps.maxAnswerBytes === undefined ? {} : { maxBytes: deps.maxAnswerBytes }),
  });
  const client = new OpenAI({
    baseURL: endpoint,
    ...(apiVersion === undefined ? {} : { defaultQuery: { 'api-version': apiVersion } }),
    // The wire sends the key. What the environment holds is not this user's choice for this server.
    apiKey: 'sent-by-the-wire',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    fetch: wire.fetch,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
  });
  return { client, wire };
}
