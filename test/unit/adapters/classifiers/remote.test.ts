import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CUT_NOTE } from '../../../../src/adapters/classifiers/decoder';
import { createPlanoClassifier } from '../../../../src/adapters/classifiers/plano';
import { createRemoteClassifier, UNGRADED_NOTE } from '../../../../src/adapters/classifiers/remote';
import { archRouter } from '../../../../src/router/dialects/arch-router';
import type { Dialect } from '../../../../src/router/dialects/dialect';
import { generic } from '../../../../src/router/dialects/generic';
import { plano } from '../../../../src/router/dialects/plano';
import { RouterError } from '../../../../src/shared/errors';

const never = new AbortController().signal;
const clock = { now: () => performance.now() };
const routes = ['bug_fixing', 'sql_data', 'docs'].map((name) => ({ name, description: `about ${name}`, examples: [] }));

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}
/** `hang` never answers; a number is a status without a body. */
type Reply = { readonly status?: number; readonly json: unknown } | { readonly raw: string } | 'hang';

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

async function serve(reply: (seen: Seen) => Reply): Promise<{ url: string; seen: Seen[]; aborted: () => boolean }> {
  const seen: Seen[] = [];
  let aborted = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => (aborted ||= !response.writableFinished));
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const one: Seen = {
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Seen['body'],
      };
      seen.push(one);
      const answer = reply(one);
      if (answer === 'hang') return;
      const [status, text] = 'raw' in answer ? [200, answer.raw] : [answer.status ?? 200, JSON.stringify(answer.json)];
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, seen, aborted: () => aborted };
}

const says = (content: string | null, logprobs?: unknown): Reply => ({ json: { choices: [{ message: { role: 'assistant', content }, logprobs }] } });
const token = (text: string, p: number, others: Record<string, number> = {}) => ({
  token: text,
  logprob: Math.log(p),
  bytes: null,
  top_logprobs: Object.entries({ [text]: p, ...others }).map(([other, q]) => ({ token: other, logprob: Math.log(q), bytes: null })),
});

const remote = (url: string, dialect: Dialect = archRouter(), more: object = {}) =>
  createRemoteClassifier({ endpoint: `${url}/v1`, model: 'arch', dialect, deadlineMs: 400, clock, key: () => Promise.resolve(undefined), ...more });

describe('a classifier behind a server', () => {
  it('sends the dialect’s prompt, deterministic and short, and nothing else', async () => {
    const { url, seen } = await serve(() => says('{"route": "docs"}'));
    await remote(url).classify({ text: 'explain', routes }, never);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.path).toBe('/v1/chat/completions');
    expect(seen[0]?.authorization).toBeUndefined();
    const { messages, max_tokens: most, ...rest } = seen[0]?.body ?? {};
    expect(rest).toEqual({ model: 'arch', stream: false, temperature: 0, logprobs: true, top_logprobs: 10 });
    expect(most).toBeLessThan(100);
    // The server's own chat template adds its system message by itself.
    expect(messages).toEqual([{ role: 'user', content: archRouter().prompt({ text: 'explain', routes }).user }]);
  });

  it('sends a system message where the dialect has one, and the key to its server', async () => {
    const { url, seen } = await serve(() => says('{"route": "docs"}'));
    await remote(url, generic(), { key: (base: string) => Promise.resolve(`key for ${new URL(base).pathname}`) }).classify({ text: 'x', routes }, never);
    expect((seen[0]?.body['messages'] as { role: string }[]).map(({ role }) => role)).toEqual(['system', 'user']);
    expect(seen[0]?.authorization).toBe('Bearer key for /v1');
  });

  it('grades the answer by the server’s log-probabilities', async () => {
    const content = [token('{"', 1), token('route', 1), token('":', 1), token(' "', 1), token('sql', 0.75, { docs: 0.2, other: 0.05 }), token('_data', 1), token('"}', 1)];
    const { url } = await serve(() => says('{"route": "sql_data"}', { content }));
    const found = await remote(url).classify({ text: 'x', routes }, never);
    expect(found.distribution.map(({ route }) => route)).toEqual(['sql_data', 'docs', 'other', 'bug_fixing']);
    expect(found.distribution[0]?.probability).toBeCloseTo(0.75, 3);
    expect(found).not.toHaveProperty('notes');
  });

  it.each([
    ['a bare answer', says("```json\n{'route': 'sql_data'}\n```")],
    ['empty log-probabilities', says('{"route": "sql_data"}', { content: [] })],
    ['log-probabilities without alternatives', says('{"route": "sql_data"}', { content: [{ token: 'x', logprob: -0.1, top_logprobs: [] }] })],
    ['log-probabilities of a form of its own', says('{"route": "sql_data"}', { tokens: ['a'], content: 'odd' })],
    ['no log-probabilities', says('{"route": "sql_data"}', null)],
  ])('takes %s with a stated confidence', async (_, reply) => {
    const { url } = await serve(() => reply);
    const found = await remote(url).classify({ text: 'x', routes }, never);
    expect(found.distribution[0]).toEqual({ route: 'sql_data', probability: expect.closeTo(0.8, 10) as number });
    expect(found.notes).toEqual([UNGRADED_NOTE]);
  });

  it.each(['{"route": "other"}', '{"route": "cooking"}', '', null])('calls %j other', async (content) => {
    const { url } = await serve(() => says(content));
    expect((await remote(url).classify({ text: 'x', routes }, never)).distribution[0]?.route).toBe('other');
  });

  it('keeps a list of several routes', async () => {
    const { url } = await serve(() => says('{"route": ["docs", "sql_data"]}'));
    const found = await remote(url, plano()).classify({ text: 'x', routes }, never);
    expect(found.multi).toEqual(['docs', 'sql_data']);
    expect(found.distribution[0]?.route).toBe('docs');
    const one = await serve(() => says('{"route": ["docs"]}'));
    expect(await remote(one.url, plano()).classify({ text: 'x', routes }, never)).not.toHaveProperty('multi');
  });

  it.each([
    ['log-probabilities', (body: Seen['body']) => 'logprobs' in body, undefined, ['logprobs', 'top_logprobs']],
    ['a temperature', (body: Seen['body']) => 'temperature' in body, 'temperature', ['temperature']],
    ['the old name of the limit', (body: Seen['body']) => 'max_tokens' in body, 'max_tokens', ['max_tokens']],
  ])('asks again without %s when the server refuses, and then never with it', async (_, minds, param, dropped) => {
    const { url, seen } = await serve(({ body }) =>
      minds(body) ? { status: 400, json: { error: { message: 'no', ...(param ? { param } : {}) } } } : says('{"route": "docs"}'),
    );
    const classifier = remote(url);
    await classifier.classify({ text: 'x', routes }, never);
    await classifier.classify({ text: 'y', routes }, never);
    expect(seen).toHaveLength(3);
    for (const name of dropped) expect(seen[2]?.body).not.toHaveProperty(name);
    if (param === 'max_tokens') expect(seen[2]?.body).toHaveProperty('max_completion_tokens');
  });

  it('gives up when the server refuses everything, and keeps asking for log-probabilities later', async () => {
    let broken = true;
    const { url, seen } = await serve(() => (broken ? { status: 400, json: { error: { message: 'too long' } } } : says('{"route": "docs"}')));
    const classifier = remote(url);
    await expect(classifier.classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'bad_request', status: 400 });
    expect(seen).toHaveLength(2);
    broken = false;
    await classifier.classify({ text: 'x', routes }, never);
    expect(seen[2]?.body).toHaveProperty('logprobs');
  });

  it.each([
    ['a key is missing', { status: 401, json: {} }, 'no_key'],
    ['the model is not there', { status: 404, json: { error: { message: 'no model' } } }, 'not_found'],
    ['it is overloaded', { status: 429, json: {} }, 'rate_limited'],
    ['it breaks', { status: 500, json: {} }, 'server'],
    ['it answers no JSON', { raw: '<html>' }, 'malformed'],
    ['it answers something else', { json: { hello: 1 } }, 'malformed'],
    ['it answers without a choice', { json: { choices: [] } }, 'malformed'],
    ['it reports an error with status 200', { json: { error: { message: 'not loaded', type: 'model_not_found' } } }, 'not_found'],
    ['it sends the request on', { status: 307, json: {} }, 'not_found'],
  ] as const)('says what is wrong when %s', async (_, reply, code) => {
    const { url } = await serve(() => reply);
    const error: unknown = await remote(url).classify({ text: 'x', routes }, never).catch((thrown: unknown) => thrown);
    expect(RouterError.is(error, code), String(error)).toBe(true);
  });

  it('says that nothing answers', async () => {
    await expect(remote('http://127.0.0.1:9').classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('does not wait for ever', async () => {
    const { url } = await serve(() => 'hang');
    await expect(remote(url, archRouter(), { giveUpMs: 50 }).classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('closes the connection when it is cancelled', async () => {
    const { url, seen, aborted } = await serve(() => 'hang');
    const controller = new AbortController();
    const answer = remote(url).classify({ text: 'x', routes }, controller.signal);
    await expect.poll(() => seen.length).toBe(1);
    controller.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(aborted).toBe(true);
  });

  it('cuts a conversation that is too long, and says so', async () => {
    const { url, seen } = await serve(() => says('{"route": "docs"}'));
    const found = await remote(url).classify({ text: 'word '.repeat(20_000), routes }, never);
    expect(JSON.stringify(seen[0]?.body).length).toBeLessThan(9000);
    expect(found.notes).toContain(CUT_NOTE);
  });

  it('names itself by its server', async () => {
    const { url } = await serve(() => says('{"route": "docs"}'));
    expect(remote(url).id).toBe(`arch-router@${new URL(url).host}`);
    expect((await remote(url).classify({ text: 'x', routes }, never)).classifier).toBe(remote(url).id);
  });
});

describe('Plano’s decision endpoint', () => {
  const client = (endpoint: string, more: object = {}) =>
    createPlanoClassifier({ endpoint, model: 'openai/gpt-4o', deadlineMs: 400, clock, key: () => Promise.resolve('k'), ...more });

  it.each(['', '/', '/v1', '/v1/'])('is asked with the routes in the request (base address ending in "%s")', async (ending) => {
    const { url, seen } = await serve(() => ({ json: { models: ['openai/gpt-4o'], route: 'docs', trace_id: 't', pinned: false, switched: false } }));
    const found = await client(`${url}${ending}`).classify({ text: 'explain', previousUser: 'hi', previousAssistant: 'hello', routes }, never);
    expect(seen[0]).toMatchObject({
      path: '/routing/v1/chat/completions',
      authorization: 'Bearer k',
      body: {
        model: 'openai/gpt-4o',
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'hello' },
          { role: 'user', content: 'explain' },
        ],
        routing_preferences: routes.map(({ name, description }) => ({ name, description, models: ['openai/gpt-4o'] })),
      },
    });
    expect(found.distribution[0]).toEqual({ route: 'docs', probability: expect.closeTo(0.8, 10) as number });
    expect(found.distribution).toHaveLength(4);
    expect(found.notes).toEqual([expect.stringContaining('no probabilities')]);
  });

  it.each([{ route: null }, { route: 'elsewhere' }, {}])('means other by %j', async (json) => {
    const { url } = await serve(() => ({ json }));
    expect((await client(url).classify({ text: 'x', routes }, never)).distribution[0]?.route).toBe('other');
  });

  it('says when Plano kept the route of the conversation', async () => {
    const { url } = await serve(() => ({ json: { route: 'docs', pinned: true } }));
    expect((await client(url).classify({ text: 'x', routes }, never)).notes).toContain('Plano kept the route of this conversation.');
  });

  it.each([
    ['it breaks', { status: 503, json: {} }, 'server'],
    ['it is something else', { json: [] }, 'malformed'],
    ['it has no such endpoint', { status: 404, json: {} }, 'not_found'],
  ] as const)('says what is wrong when %s', async (_, reply, code) => {
    const { url } = await serve(() => reply);
    await expect(client(url).classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code });
  });

  it('is given up after a while', async () => {
    const { url } = await serve(() => 'hang');
    await expect(client(url, { giveUpMs: 40 }).classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'timeout' });
  });
});
