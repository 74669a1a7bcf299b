// The decision's id goes to servers on this machine and to no other.
import { afterEach, describe, expect, it } from 'vitest';
import { createAnthropicBackend } from '../../../src/adapters/anthropic';
import { createOllamaBackend } from '../../../src/adapters/ollama';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import type { Backend } from '../../../src/router/ports';
import { candidate, chatCall, recordingLog } from '../../support/adapters';
import { type ModelServer, startModelServer } from '../../support/openai-server';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const BACKENDS = { openai: createOpenAiBackend, anthropic: createAnthropicBackend, ollama: createOllamaBackend } as const;
const KINDS = ['openai', 'anthropic', 'ollama'] as const;

/** Sends one request by a fetch that goes to our server whatever the address says; the headers that were sent. */
async function headersTo(kind: (typeof KINDS)[number], address: string): Promise<Headers> {
  const sent: Headers[] = [];
  const answerNothing: typeof fetch = (_, init) => {
    sent.push(new Headers(init?.headers));
    return Promise.resolve(new Response('{"error":{"message":"no"}}', { status: 400 }));
  };
  const backend: Backend = BACKENDS[kind]({ key: async () => 'k', log: recordingLog(), fetch: answerNothing });
  const call = { ...chatCall(candidate({ provider: kind, endpoint: address, model: 'm' })), decisionId: 'abc123' };
  try {
    for await (const event of backend.chat(call, new AbortController().signal)) expect(event).toBeDefined();
  } catch {
    // It was refused; only what was sent is of interest.
  }
  return sent[0]!;
}

describe.each(KINDS)('a request by %s', (kind) => {
  it.each([
    ['http://127.0.0.1:8080/v1', 'abc123'],
    ['http://localhost:8080/v1', 'abc123'],
    ['https://models.example.com/v1', null],
    ['http://127.0.0.1.example.com/v1', null],
    ['http://192.168.1.7:8080/v1', null],
  ])('to %s carries the decision: %s', async (address, id) => {
    expect((await headersTo(kind, address)).get('x-fairlead-decision')).toBe(id);
  });
});

describe('a real server on this machine', () => {
  it('can tell the request apart in its log', async () => {
    const server = await startModelServer({ models: { m: { reply: 'fine' } } });
    servers.push(server);
    const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
    const call = { ...chatCall(candidate({ endpoint: server.baseUrl, model: 'm' })), decisionId: 'abc123' };
    for await (const event of backend.chat(call, new AbortController().signal)) expect(event).toBeDefined();
    expect(server.requests.map(({ headers }) => headers['x-fairlead-decision'])).toEqual(['abc123']);
  });
});
