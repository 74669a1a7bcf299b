// "Local" is proven when connecting.
import { createServer, type AddressInfo, type LookupFunction } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isLoopbackAddress } from '../../../src/adapters/locality';
import { createLoopbackFetch, fetchFor } from '../../../src/adapters/loopback-fetch';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import { candidate, chatCall, collect, recordingLog, rejection, textOf } from '../../support/adapters';
import { type CountingProxy, outsideAddress, startCountingProxy } from '../../support/counting-proxy';
import { type ModelServer, startModelServer } from '../../support/openai-server';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function server(fields: Partial<Parameters<typeof startModelServer>[0]> = {}): Promise<ModelServer> {
  const started = await startModelServer({ models: { m: { reply: 'from this machine' } }, ...fields });
  open.push(started);
  return started;
}

async function counted(): Promise<{ readonly proxy: CountingProxy; readonly behind: ModelServer }> {
  const behind = await server();
  const proxy = await startCountingProxy({ to: behind.url });
  open.push(proxy);
  return { proxy, behind };
}

/** A resolver as a hosts file or a hostile DNS server could be. */
const answering = (...addresses: string[]): LookupFunction => (_name, _options, tell) => {
  tell(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
};

const signal = new AbortController().signal;
const chat = (endpoint: string, fetch?: typeof globalThis.fetch) =>
  createOpenAiBackend({ key: async () => 'sk-stored', log: recordingLog(), ...(fetch ? { fetch } : {}) }).chat(chatCall(candidate({ endpoint, model: 'm' })), signal);

describe('an address counts as loopback', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.1.2.3', '::1%lo'])('%s', (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });
  it.each(['', '10.0.0.1', '128.0.0.1', '0.0.0.0', '::', '::ffff:10.0.0.1', 'fe80::1%lo', '127.0.0.1.evil.com', '1127.0.0.1', 'localhost'])('not %j', (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  });
});

describe('a server on this machine', () => {
  it.each(['127.0.0.1', 'localhost'])('is reached as %s, streaming', async (host) => {
    const { url } = await server();
    expect(textOf(await collect(chat(`http://${host}:${new URL(url).port}/v1`)))).toBe('from this machine');
  });

  it('is reached over IPv6', async () => {
    const { url } = await server({ host: '::1' });
    expect(textOf(await collect(chat(`http://[::1]:${/\d+$/u.exec(url)?.[0] ?? ''}/v1`)))).toBe('from this machine');
  });

  it('keeps its connection for the next request', async () => {
    const { baseUrl, requests } = await server();
    await collect(chat(baseUrl));
    await collect(chat(baseUrl));
    expect(requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it('that has given up an idle connection is asked again by a new one, once', async () => {
    const asked: number[] = [];
    let connections = 0;
    const raw = createServer((socket) => {
      const number = (connections += 1);
      let onThis = 0;
      socket.on('error', () => undefined).on('data', () => {
        asked.push(number);
        onThis += 1;
        // Keeps the connection, as it says, and closes it all the same when it is used again.
        if (onThis > 1 || number === 3) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok');
      });
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => raw.close(() => resolve())) });
    const { port } = raw.address() as AddressInfo;
    const ask = createLoopbackFetch();
    const post = async () => (await ask(`http://127.0.0.1:${String(port)}/`, { method: 'POST', body: 'x' })).text();
    expect([await post(), await post()]).toEqual(['ok', 'ok']);
    // The third connection fails at its first request: that is an error, and not asked again.
    expect(await rejection(post())).toBeInstanceOf(TypeError);
    expect(asked).toEqual([1, 1, 2, 2, 3]);
  });

  it('sees the connection closed when the request is given up, before and during the answer', async () => {
    for (const script of [{ firstTokenMs: 60_000, reply: 'late' }, { reply: 'one two three four', wordMs: 5_000 }]) {
      const slow = await server({ models: { m: script } });
      const giveUp = new AbortController();
      const stream = createOpenAiBackend({ key: async () => undefined, log: recordingLog() }).chat(chatCall(candidate({ endpoint: slow.baseUrl, model: 'm' })), giveUp.signal);
      const failed = rejection(collect(stream));
      await slow.received('/v1/chat/completions');
      giveUp.abort();
      expect(await failed).toMatchObject({ name: 'AbortError' });
      await slow.aborted();
    }
  });

  it('that is not running is unreachable, not foreign', async () => {
    const stopped = await server();
    await stopped.close();
    expect(await rejection(collect(chat(stopped.baseUrl)))).toMatchObject({ code: 'unreachable', message: expect.stringContaining('Is the server running?') as string });
  });
});

describe('a name that stands for another machine is refused, and nothing is sent', () => {
  it.each([
    ['its only address is elsewhere', () => [outsideAddress()]],
    ['one of its addresses is elsewhere', () => ['127.0.0.1', outsideAddress()]],
    ['it has an address of both kinds in IPv6', () => ['::1', '2001:db8::1']],
  ])('%s', async (_, addresses) => {
    const { proxy, behind } = await counted();
    const fetch = createLoopbackFetch({ lookup: answering(...addresses()) });
    const error = await rejection(collect(chat(`http://localhost:${new URL(proxy.url).port}/v1`, fetch)));
    expect(error).toMatchObject({ code: 'not_local', message: expect.stringContaining('Nothing was sent') as string });
    expect([proxy.connections(), behind.requests.length]).toEqual([0, 0]);
  });

  it('an address that is elsewhere itself', async () => {
    const { proxy } = await counted();
    expect(await rejection(createLoopbackFetch()(`${proxy.url}/v1/models`))).toMatchObject({ code: 'not_local' });
    expect(proxy.connections()).toBe(0);
  });

  it('a server that sends requests on to another machine', async () => {
    const { proxy } = await counted();
    const here = await server({ models: { m: { fault: { kind: 'redirect', to: `${proxy.baseUrl}/chat/completions`, status: 307 } } } });
    expect(await rejection(collect(chat(here.baseUrl)))).toMatchObject({ code: 'not_found' });
    expect(proxy.connections()).toBe(0);
  });
});

describe('which fetch an endpoint gets', () => {
  it('is the proving one for whatever counts as local, and the usual one else', () => {
    expect(fetchFor('http://localhost:1/v1')).toBe(fetchFor('http://[::1]:1'));
    expect(fetchFor('http://127.9.9.9:1/v1')).not.toBe(fetch);
    expect(fetchFor('http://localhost.example.com/v1')).toBe(fetch);
  });
});
