// A key goes to the server it was stored for and nowhere else.
import { afterEach, describe, expect, it } from 'vitest';
import { discoverModels } from '../../../src/adapters/discovery';
import { createWire } from '../../../src/adapters/wire';
import { messageOf } from '../../../src/shared/errors';
import { chatCall, collect, fimCall, recordingLog, rejection } from '../../support/adapters';
import { type ModelServer, startModelServer } from '../../support/openai-server';
import { PROVIDERS } from '../../support/providers';

const KEY = 'sk-stored-for-one-server-only';
const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(...args: Parameters<typeof startModelServer>): Promise<ModelServer> {
  const server = await startModelServer(...args);
  servers.push(server);
  return server;
}

const signal = new AbortController().signal;

describe.each(PROVIDERS)('by the protocol of $name', ({ kind, create, chatPath, asked: askedOf }) => {
  it('each server gets its own key and one without a key gets none', async () => {
    const [mine, other, open] = await Promise.all([
      start({ kind, models: { m: { reply: 'x' } }, key: KEY }),
      start({ kind, models: { m: { reply: 'x' } } }),
      start({ kind, models: { m: { reply: 'x' } } }),
    ]);
    const keys = new Map([[mine.url, KEY], [other.url, 'sk-other']]);
    const backend = create({ key: async (baseUrl) => keys.get(new URL(baseUrl).origin), log: recordingLog() });
    for (const server of [mine, other, open]) await collect(backend.chat(chatCall(askedOf(server)), signal));
    expect([mine, other, open].map(({ requests }) => requests[0]?.headers.authorization)).toEqual([`Bearer ${KEY}`, 'Bearer sk-other', undefined]);
  });

  it.each([301, 302, 303, 307, 308])('a redirect (%i) takes neither key nor prompt along', async (status) => {
    const thief = await start({ kind, models: { m: { reply: 'stolen' } } });
    const server = await start({ kind, models: { m: { fault: { kind: 'redirect', to: thief.url + chatPath, status } } } });
    const backend = create({ key: async () => KEY, log: recordingLog() });
    const asked = askedOf(server);
    const error = await rejection(collect(backend.chat(chatCall(asked), signal)));
    expect(error).toMatchObject({ code: 'not_found' });
    expect(messageOf(error)).toContain(new URL(thief.url).host);
    if (backend.fim) await rejection(collect(backend.fim(fimCall(asked), signal)));
    expect(thief.requests).toEqual([]);
  });

  it('no error and no log holds the key, even when the server repeats it', async () => {
    const log = recordingLog();
    const backend = create({ key: async () => KEY, log });
    for (const status of [401, 403]) {
      const server = await start({ kind, models: { m: { fault: { kind: 'status', status, body: { error: { message: `bad key ${KEY}` } } } } } });
      const asked = askedOf(server);
      expect(messageOf(await rejection(collect(backend.chat(chatCall(asked), signal))))).not.toContain(KEY);
    }
    expect(log.lines.join('\n')).not.toContain(KEY);
  });
});

describe('a wire', () => {
  it('refuses the key to every other origin, be it another port', async () => {
    const [mine, other] = await Promise.all([start({ models: {} }), start({ models: {} })]);
    const wire = createWire({ endpoint: mine.baseUrl, key: KEY });
    await wire.fetch(`${mine.url}/v1/models`);
    await wire.fetch(`${other.url}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } });
    expect(mine.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('discovery', () => {
  it('sends a key only where one is stored', async () => {
    const [mine, other] = await Promise.all([start({ models: { a: {} }, key: KEY }), start({ models: { b: {} } })]);
    const key = async (baseUrl: string) => (new URL(baseUrl).origin === mine.url ? KEY : undefined);
    const found = await discoverModels({ key, log: recordingLog(), usual: [], endpoints: [mine.baseUrl, other.baseUrl] }, signal);
    expect(found.map(({ model }) => model)).toEqual(['a', 'b']);
    expect(other.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});
