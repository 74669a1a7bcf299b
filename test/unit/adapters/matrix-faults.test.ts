// Every fault, by every protocol: what the caller gets, and that nothing is repeated by itself.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HttpBackendDeps } from '../../../src/adapters/http-deps';
import type { ChatEvent } from '../../../src/router/ports';
import { RouterError, type RouterErrorCode } from '../../../src/shared/errors';
import { chatCall, recordingLog, textOf } from '../../support/adapters';
import { type Fault, type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';
import { type Provider, PROVIDERS } from '../../support/providers';

const PROMPT = 'the prompt that nobody else may read';
const SHORT = { firstTokenMs: 150, idleMs: 150 };

let server: ModelServer;
afterEach(async () => server.close());

interface Outcome {
  readonly events: readonly ChatEvent[];
  readonly error: unknown;
}

async function ask({ kind, create, asked }: Provider, script: ModelScript, deps: Partial<HttpBackendDeps> = {}): Promise<Outcome> {
  server = await startModelServer({ kind, models: { m: script } });
  const backend = create({ key: async () => 'sk-test', log: recordingLog(), ...deps });
  const events: ChatEvent[] = [];
  try {
    for await (const event of backend.chat(chatCall(asked(server), PROMPT), new AbortController().signal)) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}

interface FaultRow {
  readonly name: string;
  readonly fault: Fault;
  readonly code: RouterErrorCode;
  /** Text that arrives before the error. */
  readonly text?: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Words for the user. */
  readonly says?: string;
  readonly deps?: Partial<HttpBackendDeps>;
}

const AT_ONCE: readonly FaultRow[] = [
  { name: 'a wrong key (401)', fault: { kind: 'status', status: 401 }, code: 'unauthorized', status: 401, says: 'Store an API Key' },
  { name: 'a forbidden model (403)', fault: { kind: 'status', status: 403 }, code: 'unauthorized', status: 403, says: 'Store an API Key' },
  { name: 'an unknown model (404)', fault: { kind: 'status', status: 404 }, code: 'not_found', status: 404 },
  { name: 'too many requests (429)', fault: { kind: 'status', status: 429, retryAfter: '7' }, code: 'rate_limited', retryAfterMs: 7000 },
  {
    name: 'credit used up (429)',
    fault: { kind: 'status', status: 429, body: { error: { code: 'insufficient_quota', message: 'x' } } },
    code: 'quota',
  },
  { name: 'a failing server (500)', fault: { kind: 'status', status: 500 }, code: 'server', status: 500, says: 'Scripted failure.' },
  { name: 'an overloaded server (503)', fault: { kind: 'status', status: 503, retryAfter: '1' }, code: 'server', retryAfterMs: 1000 },
  {
    name: 'a refusal that quotes the prompt (400)',
    fault: { kind: 'status', status: 400, body: { error: { message: `cannot read: ${PROMPT}`, param: 'messages' } } },
    code: 'bad_request',
  },
  { name: 'an error as a document with status 200', fault: { kind: 'error_document', error: { message: 'busy', code: 429 } }, code: 'rate_limited' },
  { name: 'a connection closed without an answer', fault: { kind: 'reset' }, code: 'unreachable' },
  { name: 'an answer without a word', fault: { kind: 'empty' }, code: 'malformed' },
  { name: 'an answer without a byte', fault: { kind: 'no_body' }, code: 'malformed' },
  { name: 'no answer at all', fault: { kind: 'hang' }, code: 'timeout', deps: { deadlines: SHORT } },
  { name: 'a redirect', fault: { kind: 'redirect', to: 'http://127.0.0.1:9/v1' }, code: 'not_found', says: '127.0.0.1:9' },
];

const MIDWAY: readonly FaultRow[] = [
  { name: 'a connection that breaks', fault: { kind: 'drop', words: 2 }, code: 'cut', text: 'one two' },
  { name: 'an end without a reason', fault: { kind: 'no_finish', words: 2 }, code: 'cut', text: 'one two' },
  { name: 'an event that is no JSON', fault: { kind: 'malformed', words: 2 }, code: 'malformed', text: 'one two' },
  { name: 'an error inside the stream', fault: { kind: 'error_event', words: 1, error: { message: 'full', code: 503 } }, code: 'server', text: 'one' },
  { name: 'an error in one word', fault: { kind: 'error_event', words: 1, error: 'out of memory' }, code: 'server', text: 'one' },
  { name: 'a stream that stands still', fault: { kind: 'stall', words: 2 }, code: 'timeout', text: 'one two', deps: { deadlines: { firstTokenMs: 10_000, idleMs: 150 } } },
];

describe.each(PROVIDERS)('by the protocol of $name', (provider) => {
  it.each([...AT_ONCE, ...MIDWAY])('$name is $code', async (row) => {
    const { events, error } = await ask(provider, { reply: 'one two three', fault: row.fault }, row.deps);
    expect(error).toBeInstanceOf(RouterError);
    expect(error).toMatchObject({
      code: row.code,
      ...(row.status === undefined ? {} : { status: row.status }),
      ...(row.retryAfterMs === undefined ? {} : { retryAfterMs: row.retryAfterMs }),
    });
    expect(textOf(events)).toBe(row.text ?? '');
    expect((error as RouterError).message).toContain(row.says ?? '');
    expect((error as RouterError).message).not.toContain(PROMPT);
    expect(server.requests).toHaveLength(1);
  });

  it('a first token that comes too late is not waited for', async () => {
    const { events, error } = await ask(provider, { reply: 'one two', firstTokenMs: 2000 }, { deadlines: SHORT });
    expect(error).toMatchObject({ code: 'timeout' });
    expect(textOf(events)).toBe('');
    await server.aborted();
  });

  it('a slow first token is waited for while the deadline allows it', async () => {
    const { events, error } = await ask(provider, { reply: 'one two', firstTokenMs: 500 }, { deadlines: { firstTokenMs: 5000, idleMs: 400 } });
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('one two');
  });

  it('a slow stream is read to its end, thoughts included', async () => {
    const { events, error } = await ask(provider, { reply: 'one two three', thinks: 4, tokenMs: 60 }, { deadlines: { firstTokenMs: 1000, idleMs: 500 } });
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe('one two three');
  });

  it('an answer beyond all measure is cut off, and its connection closed', async () => {
    const fault = { kind: 'oversized', wordBytes: 100_000 } as const;
    const { error } = await ask(provider, { fault }, { maxAnswerBytes: 1_000_000 });
    expect(error).toMatchObject({ code: 'malformed' });
    await server.aborted();
  });

  it('the deadline between two pieces is its own', async () => {
    const startedAt = Date.now();
    await ask(provider, { reply: 'one two', fault: { kind: 'stall', words: 1 } }, { deadlines: { firstTokenMs: 10_000, idleMs: 100 } });
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  it('a deadline closes the connection', async () => {
    await ask(provider, { reply: 'one', fault: { kind: 'hang' } }, { deadlines: SHORT });
    await server.aborted();
  });

  it('a server that is not there is unreachable', async () => {
    server = await startModelServer({ models: {} });
    const asked = provider.asked(server);
    await server.close();
    const backend = provider.create({ key: async () => undefined, log: recordingLog() });
    const stream = backend.chat(chatCall(asked), new AbortController().signal);
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('running') as string });
  });

  it('nothing of a prompt or an answer is logged', async () => {
    const log = recordingLog();
    const printed = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')];
    await ask(provider, { reply: 'one two', fault: { kind: 'malformed', words: 1 } }, { log });
    expect(log.lines.join('\n')).not.toMatch(/prompt that nobody|one/u);
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
