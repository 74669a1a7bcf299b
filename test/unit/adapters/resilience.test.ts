// Asking again, resting and spreading, against servers on loopback.
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/router/running/execute';
import { type Fault, type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';
import { at, ran, resilience } from '../../support/run';

const servers: ModelServer[] = [];
async function serve(models: Record<string, ModelScript>): Promise<ModelServer> {
  const server = await startModelServer({ models });
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const asked = (server: ModelServer): unknown[] => server.requests.map(({ body }) => body['model']);
const kinds = (events: readonly RunEvent[]): string[] => [...new Set(events.map(({ type }) => type))];
const whySwitched = (events: readonly RunEvent[]): string => events.map((event) => (event.type === 'switched' ? event.error.message : '')).join('');
const failing = (fields: Partial<Extract<Fault, { kind: 'status' }>> = {}): ModelScript => ({ fault: { kind: 'status', status: 500, ...fields } });
const QUOTA = { error: { message: 'x', code: 'insufficient_quota' } };

/** Fails so many times, then answers. */
function recovering(model: string, failures: number, fault: ModelScript): Record<string, ModelScript> {
  let left = failures;
  const next = (): ModelScript => {
    left -= 1;
    return left < 0 ? { reply: 'here again' } : fault;
  };
  return Object.defineProperty({}, model, { enumerable: true, get: next });
}

describe('asking again before the first word', () => {
  it.each([
    ['a failing server', failing()],
    ['an overloaded server', failing({ status: 529 })],
    ['a connection that is closed', { fault: { kind: 'reset' } }],
    ['too many requests for a moment', failing({ status: 429, retryAfter: '0.05' })],
  ] satisfies [string, ModelScript][])('helps with %s: the same model answers and nothing is said', async (_, fault) => {
    const server = await serve(recovering('a', 1, fault));
    const { text, events, rows, log } = await ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience() });
    expect(text).toBe('here again');
    expect(kinds(events)).not.toContain('switched');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['failed', 'ok']);
    expect(rows[0]).toMatchObject({ inputTokens: 0, costUsd: 0 });
    expect(log).toEqual([]);
  });

  it.each([
    ['a quota', failing({ status: 429, body: QUOTA }), 1],
    ['a long wait', failing({ status: 429, retryAfter: '60' }), 1],
    ['a refused request', failing({ status: 422 }), 1],
    ['a failing server, three times', failing(), 3],
  ] satisfies [string, ModelScript, number][])('does not go on with %s: the next model answers, and says so', async (_, fault, tries) => {
    const server = await serve({ a: fault, b: { reply: 'mine' } });
    const { text, events } = await ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience() });
    expect(text).toBe('mine');
    expect(events.find(({ type }) => type === 'switched')).toMatchObject({ from: 'a', to: 'b' });
    // Some servers refuse `stream_options` with these, which costs the adapter a second request.
    expect(asked(server).filter((model) => model === 'a').length).toBeLessThanOrEqual(tries + 1);
    expect(asked(server).filter((model) => model === 'a').length).toBeGreaterThanOrEqual(tries);
  });

  it.each([
    ['a cut', { reply: 'half of an answer', fault: { kind: 'drop', words: 2 } }, 'cut'],
    ['an error inside the stream', { reply: 'half of an answer', fault: { kind: 'error_event', words: 2, error: { message: 'overloaded', code: 503 } } }, 'server'],
  ] satisfies [string, ModelScript, string][])('never happens after a word: %s is the end', async (_, script, code) => {
    const server = await serve({ a: script, b: { reply: 'second answer' } });
    const { text, error, rows } = await ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience() });
    expect(text).toBe('half of');
    expect(error).toMatchObject({ code });
    expect(asked(server)).toEqual(['a']);
    expect(rows).toMatchObject([{ outcome: 'failed', code, measured: false }]);
    expect(rows[0]!.outputTokens).toBeGreaterThan(0);
  });

  it('never happens after a tool call: its side effects are not repeated', async () => {
    const server = await serve({ a: { toolCalls: [{ id: '1', name: 'rm', arguments: {} }], finish: 'tool_calls' }, b: { reply: 'x' } });
    const { events } = await ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience() });
    expect(events.filter(({ type }) => type === 'tool_call')).toHaveLength(1);
    expect(asked(server)).toEqual(['a']);
  });

  it('ends at once when the request is cancelled while waiting', async () => {
    const server = await serve({ a: failing({ status: 429, retryAfter: '2' }), b: { reply: 'x' } });
    const cancel = new AbortController();
    const running = ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience(), signal: cancel.signal });
    await server.received('/v1');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = Date.now();
    cancel.abort();
    const { error, events } = await running;
    expect(Date.now() - before).toBeLessThan(1000);
    expect((error as Error).name).toBe('AbortError');
    expect(kinds(events)).toEqual(['announce']);
    expect(asked(server)).toEqual(['a']);
  });

  it('has a bound: a server that never begins is left for good', async () => {
    const server = await serve({ a: { fault: { kind: 'hang' } }, b: { reply: 'x' } });
    const { error, rows } = await ran([at(server.baseUrl, 'a'), at(server.baseUrl, 'b')], { resilience: resilience(), firstWordMs: 150 });
    expect(error).toMatchObject({ code: 'timeout' });
    expect(rows).toMatchObject([{ outcome: 'failed', code: 'timeout' }]);
    await server.aborted();
  });
});

describe('a model that rests', () => {
  it('after a quota is passed over until its reset, with the time, and asked again after it', async () => {
    const server = await serve({ a: failing({ status: 429, retryAfter: '0.6', body: QUOTA }), b: { reply: 'b here' } });
    const models = [at(server.baseUrl, 'a'), at(server.baseUrl, 'b')];
    const keeper = resilience();
    await ran(models, { resilience: keeper });
    expect(keeper.resting(models).get('a')).toMatchObject({ code: 'quota' });
    // Also where an older decision still names it first: nothing is sent to it.
    const second = await ran(models, { resilience: keeper });
    expect(second.text).toBe('b here');
    expect(second.events.find(({ type }) => type === 'switched')).toMatchObject({ error: { code: 'quota' } });
    expect(whySwitched(second.events)).toMatch(/^a rests until \d\d:\d\d \(quota\)\.$/u);
    expect(asked(server)).toEqual(['a', 'b', 'b']);
    server.setModels({ a: { reply: 'a again' }, b: { reply: 'b here' } });
    await new Promise((resolve) => setTimeout(resolve, 650));
    expect(keeper.resting(models).size).toBe(0);
    expect((await ran(models, { resilience: keeper })).text).toBe('a again');
  });

  it('rests alone: another model of the same server goes on', async () => {
    const server = await serve({ a: failing({ status: 429, retryAfter: '60' }), b: { reply: 'b here' } });
    const keeper = resilience();
    const models = [at(server.baseUrl, 'a'), at(server.baseUrl, 'b')];
    await ran(models, { resilience: keeper });
    expect([...keeper.resting(models).keys()]).toEqual(['a']);
  });

  it('is asked all the same when nothing else is left, and is back when it answers', async () => {
    const server = await serve({ a: failing({ status: 429, retryAfter: '60' }) });
    const keeper = resilience();
    const models = [at(server.baseUrl, 'a')];
    expect((await ran(models, { resilience: keeper })).error).toMatchObject({ code: 'rate_limited' });
    expect(keeper.resting(models).size).toBe(1);
    server.setModels({ a: { reply: 'fine' } });
    expect((await ran(models, { resilience: keeper })).text).toBe('fine');
    expect(keeper.resting(models).size).toBe(0);
  });
});

describe('the circuit of an endpoint', () => {
  it('opens after failures in a row, lets one request try, and closes when that is answered', async () => {
    const broken = await serve({ a: failing() });
    const good = await serve({ b: { reply: 'b here' } });
    const models = [at(broken.baseUrl, 'a'), at(good.baseUrl, 'b')];
    const keeper = resilience({ failures: 2, openMs: 300 });
    await ran(models, { resilience: keeper });
    expect(keeper.resting(models).size).toBe(0);
    await ran(models, { resilience: keeper });
    expect(keeper.resting(models).get('a')).toMatchObject({ code: 'server' });
    const before = broken.requests.length;
    await ran(models, { resilience: keeper });
    expect(broken.requests.length).toBe(before);
    broken.setModels({ a: { reply: 'a again' } });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await ran(models, { resilience: keeper })).text).toBe('a again');
    expect(keeper.resting(models).size).toBe(0);
  });

  it('stays open, for longer, when the try fails', async () => {
    const broken = await serve({ a: failing() });
    const good = await serve({ b: { reply: 'b here' } });
    const models = [at(broken.baseUrl, 'a'), at(good.baseUrl, 'b')];
    const keeper = resilience({ failures: 1, openMs: 100 });
    await ran(models, { resilience: keeper });
    await new Promise((resolve) => setTimeout(resolve, 150));
    await ran(models, { resilience: keeper });
    expect(keeper.resting(models).get('a')!.untilMs - Date.now()).toBeGreaterThan(100);
  });

  it('of a server that is down holds for all its models', async () => {
    const server = await serve({ a: {}, c: {} });
    const { baseUrl } = server;
    await server.close();
    const good = await serve({ b: { reply: 'b here' } });
    const keeper = resilience({ failures: 1 });
    await ran([at(baseUrl, 'a'), at(good.baseUrl, 'b')], { resilience: keeper });
    expect([...keeper.resting([at(baseUrl, 'a'), at(baseUrl, 'c'), at(good.baseUrl, 'b')]).keys()]).toEqual(['a', 'c']);
  });
});

describe('several endpoints of one model', () => {
  const both = (first: ModelServer, second: ModelServer, weights = [1, 1]) =>
    at(first.baseUrl, 'm', {
      endpoints: [first, second].map(({ baseUrl }, index) => ({ endpoint: baseUrl, locality: 'local', weight: weights[index]! })),
    });

  it('get their shares', async () => {
    const [first, second] = [await serve({ m: { reply: 'one' } }), await serve({ m: { reply: 'two' } })];
    const keeper = resilience();
    for (let index = 0; index < 40; index += 1) await ran([both(first, second, [3, 1])], { resilience: keeper });
    expect(first.requests.length / 40).toBeGreaterThan(0.65);
    expect(first.requests.length / 40).toBeLessThan(0.85);
  });

  it('stand in for each other, without a word and without a wait', async () => {
    const [first, second] = [await serve({ m: failing({ status: 429, retryAfter: '1' }) }), await serve({ m: { reply: 'two' } })];
    const keeper = resilience();
    const model = both(first, second);
    for (let index = 0; index < 6; index += 1) {
      const { text, events } = await ran([model, at(second.baseUrl, 'other')], { resilience: keeper });
      expect([text, kinds(events).includes('switched')]).toEqual(['two', false]);
    }
    // The limit of one key is no reason for the model to rest.
    expect(keeper.resting([model]).size).toBe(0);
    expect(first.requests.length).toBe(1);
  });

  it('rest together only when all of them do, until the first is back', async () => {
    const [first, second] = [await serve({ m: failing({ status: 429, retryAfter: '60' }) }), await serve({ m: failing({ status: 429, retryAfter: '90' }) })];
    const keeper = resilience();
    const model = both(first, second);
    await ran([model], { resilience: keeper });
    const rest = keeper.resting([model]).get('m')!;
    expect(rest.untilMs - Date.now()).toBeLessThan(61_000);
  });

  it('keep a conversation where its prompt is cached', async () => {
    const [first, second] = [await serve({ m: { reply: 'one' } }), await serve({ m: { reply: 'two' } })];
    const keeper = resilience();
    const model = both(first, second);
    for (let index = 0; index < 8; index += 1) await ran([model], { resilience: keeper, conversation: 'c1' });
    expect([first.requests.length, second.requests.length].sort()).toEqual([0, 8]);
  });

  it('are written down each by its own name', async () => {
    const [first, second] = [await serve({ m: failing({ status: 401 }) }), await serve({ m: { reply: 'two', usage: { input: 7, output: 2 } } })];
    const { rows } = await ran([both(first, second)], { resilience: resilience() });
    expect(rows.map(({ endpoint, outcome, measured }) => [endpoint, outcome, measured])).toEqual([
      [new URL(first.url).host, 'failed', false],
      [new URL(second.url).host, 'ok', true],
    ]);
  });
});

describe('the row of a request', () => {
  const price = { input: 1, output: 2, cachedInput: 0.1 };

  it('holds what the server counted, what it cost and which model ran', async () => {
    const server = await serve({ a: { reply: 'fine', usage: { input: 1000, output: 500, cached: 800 }, executed: 'cheaper' } });
    const { rows } = await ran([at(server.baseUrl, 'a', { price })], { conversation: 'c1' });
    expect(rows).toMatchObject([
      { decisionId: 'd1', model: 'a', executed: 'cheaper', inputTokens: 1000, outputTokens: 500, cachedInputTokens: 800, measured: true, outcome: 'ok', conversation: 'c1', billable: true },
    ]);
    expect(rows[0]!.costUsd).toBeCloseTo((200 + 800 * 0.1 + 1000) / 1e6, 9);
    expect(rows[0]!.firstTokenMs).toBeLessThanOrEqual(rows[0]!.totalMs);
    expect(JSON.stringify(rows)).not.toContain('Why does this test fail');
  });

  it('is estimated where the server counts nothing, and marked so', async () => {
    const server = await serve({ a: { reply: 'a few words of an answer' } });
    const { rows } = await ran([at(server.baseUrl, 'a')]);
    expect(rows).toMatchObject([{ measured: false, outcome: 'ok', costUsd: 0, billable: false }]);
    expect(rows[0]!.inputTokens).toBeGreaterThan(3);
    expect(rows[0]!.outputTokens).toBeGreaterThan(3);
  });

  it('says that the user stopped it, with what had come by then', async () => {
    const server = await serve({ a: { reply: 'one two three four five six', tokenMs: 40 } });
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 120);
    const { rows, error } = await ran([at(server.baseUrl, 'a', { price })], { signal: cancel.signal });
    expect((error as Error).name).toBe('AbortError');
    expect(rows).toMatchObject([{ outcome: 'cancelled', measured: false }]);
    expect(rows[0]!.costUsd).toBeGreaterThan(0);
  });
});
