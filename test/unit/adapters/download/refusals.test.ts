import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realDisk } from '../../../../src/adapters/download/disk';
import type { Disk, DownloadRequest } from '../../../../src/adapters/download/types';
import type { RouterErrorCode } from '../../../../src/shared/errors';
import { rejection } from '../../../support/adapters';
import { startFileServer, type Deed, type FileServer } from '../../../support/file-server';
import { FILE, gguf, KB, NEVER, sha256, startBench, type Bench } from './setup';

let bench: Bench;
let elsewhere: FileServer;
beforeEach(async () => {
  bench = await startBench();
  elsewhere = await startFileServer();
});
afterEach(async () => {
  await bench.close();
  await elsewhere.close();
});

const body = gguf();
const KEY = { authorization: 'Bearer secret', 'x-token': 'secret' };

describe('a server that refuses', () => {
  it.each<[number, RouterErrorCode, string, number]>([
    [400, 'bad_request', 'refused', 1],
    [401, 'unauthorized', 'accept terms', 1],
    [403, 'unauthorized', 'Use a File I Have', 1],
    [404, 'not_found', 'localModels.mirror', 1],
    [410, 'not_found', 'no such file', 1],
    [451, 'unauthorized', 'legal', 1],
    [204, 'malformed', 'not the file', 1],
    [301, 'malformed', 'not the file', 1],
    [408, 'timeout', 'waited', 4],
    [429, 'rate_limited', 'for now', 4],
    [500, 'server', 'later', 4],
    [502, 'server', 'later', 4],
  ])('with %i is told as %s (“%s”), after %i requests', async (status, code, words, requests) => {
    bench.server.script(FILE, ...Array.from({ length: 9 }, () => ({ status })));
    const error = await rejection(bench.download());
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string });
    expect((error as Error).message).toContain(bench.server.url.replace('http://', ''));
    expect(bench.server.requests).toHaveLength(requests);
    expect(bench.has('.part')).toBe(false);
  });

  it.each([
    ['500', { status: 500 }],
    ['429 with a short wait', { status: 429, headers: { 'retry-after': '0.05' } }],
  ])('with %s and then relents, is asked again', async (_what, deed) => {
    bench.server.serve(FILE, { body });
    bench.server.script(FILE, deed);
    await bench.download();
    expect(bench.read().equals(body)).toBe(true);
  });

  it('is waited for as long as it asks', async () => {
    bench.server.serve(FILE, { body });
    bench.server.script(FILE, { status: 429, headers: { 'retry-after': '0.3' } });
    const began = performance.now();
    await bench.download();
    expect(performance.now() - began).toBeGreaterThanOrEqual(290);
    expect(bench.progress[0]).toMatchObject({ phase: 'waiting', retryInMs: 300 });
  });

  it('and asks for a long wait is not waited for', async () => {
    bench.server.script(FILE, { status: 429, headers: { 'retry-after': '3600' } });
    const error = await rejection(bench.download());
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 3_600_000, message: expect.stringContaining('3600 s') as string });
    expect(bench.server.requests).toHaveLength(1);
  });

  it('is not there: the way out of a closed network is named', async () => {
    const gone = await startFileServer();
    await gone.close();
    const error = await rejection(bench.download({ url: `${gone.url}${FILE}` }));
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('fairlead.localModels.mirror') as string });
  });
});

describe('a certificate that is not trusted', () => {
  it('is told at once: trying again would end the same way', async () => {
    let asked = 0;
    const fake = (() => {
      asked += 1;
      return Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('self-signed'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }) }));
    }) as typeof fetch;
    const error = await rejection(bench.download({ url: 'https://models.example/x.gguf' }, NEVER, { fetch: fake }));
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('certificate') as string });
    expect(asked).toBe(1);
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('with status %i are followed to another host', async (status) => {
    elsewhere.serve('/store/1', { body });
    bench.server.script(FILE, { status, redirect: `${elsewhere.url}/store/1` });
    await bench.download({ sha256: sha256(body) });
    expect(bench.read().equals(body)).toBe(true);
  });

  it('are followed on the same host by a relative path, with the headers', async () => {
    bench.server.serve('/store/1', { body });
    bench.server.script(FILE, { redirect: '/store/1' });
    await bench.download({ headers: KEY });
    expect(bench.server.requests[1]?.headers).toMatchObject(KEY);
  });

  it('never carry headers to another host, nor back again', async () => {
    bench.server.serve('/store/2', { body });
    bench.server.script(FILE, { redirect: `${elsewhere.url}/store/1` });
    elsewhere.script('/store/1', { redirect: `${bench.server.url}/store/2` });
    await bench.download({ headers: KEY });
    const seen = [...elsewhere.requests, ...bench.server.requests.slice(1)];
    expect(seen).toHaveLength(2);
    for (const { headers } of seen) expect([headers.authorization, headers['x-token']]).toEqual([undefined, undefined]);
    expect(bench.server.requests[0]?.headers).toMatchObject(KEY);
  });

  it('never carry the login of an address to another host; the login is not kept', async () => {
    elsewhere.serve('/store/1', { body });
    bench.server.script(FILE, { redirect: `${elsewhere.url}/store/1` });
    await bench.download({ url: `${bench.server.url.replace('//', '//me:pass%20word@')}${FILE}` });
    expect(bench.server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    expect(bench.log.lines.join('\n')).not.toContain('pass');
  });

  it('are asked anew for the rest after a break, since storage addresses expire', async () => {
    elsewhere.serve('/store/1', { body, etag: '"v1"' });
    elsewhere.serve('/store/2', { body, etag: '"v1"' });
    elsewhere.script('/store/1', { cutAfter: 0 });
    bench.server.script(FILE, { redirect: `${elsewhere.url}/store/1` }, { redirect: `${elsewhere.url}/store/2` });
    await bench.download();
    expect(elsewhere.requests.map(({ path }) => path)).toEqual(['/store/1', '/store/2']);
  });

  it('in a circle are given up', async () => {
    bench.server.script(FILE, ...Array.from({ length: 30 }, () => ({ redirect: FILE })));
    await expect(bench.download()).rejects.toMatchObject({ code: 'malformed', message: expect.stringContaining('circles') as string });
    expect(bench.server.requests.length).toBeLessThan(12);
  });

  it.each(['http://models.example/model.gguf', 'ftp://models.example/model.gguf', 'file:///etc/passwd'])('to %s are refused', async (target) => {
    bench.server.script(FILE, { redirect: target });
    await expect(bench.download()).rejects.toMatchObject({ code: 'malformed', message: expect.stringContaining('not encrypted') as string });
    expect(bench.server.requests).toHaveLength(1);
  });
});

describe('addresses', () => {
  const asked: string[] = [];
  const fakeFetch = ((url: URL) => {
    asked.push(url.href);
    return Promise.resolve(asked.length === 1 ? new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:9/x' } }) : new Response(null, { status: 404 }));
  }) as unknown as typeof fetch;
  beforeEach(() => void asked.splice(0));

  it('of plain http are refused before any request', async () => {
    await expect(bench.download({ url: 'http://models.example/x.gguf' }, NEVER, { fetch: fakeFetch })).rejects.toMatchObject({ code: 'malformed' });
    expect(asked).toEqual([]);
  });

  it('of plain http are fine for a mirror that the user has set', async () => {
    await expect(bench.download({ url: 'http://mirror.example/x.gguf', allowHttp: true }, NEVER, { fetch: fakeFetch })).rejects.toMatchObject({ code: 'not_found' });
    expect(asked[0]).toBe('http://mirror.example/x.gguf');
  });

  it('elsewhere cannot lead to what listens on this machine', async () => {
    await expect(bench.download({ url: 'https://models.example/x.gguf' }, NEVER, { fetch: fakeFetch })).rejects.toMatchObject({ code: 'malformed' });
    expect(asked).toEqual(['https://models.example/x.gguf']);
  });

  it('that are none are told so', async () => {
    await expect(bench.download({ url: 'models/x.gguf' })).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('the disk', () => {
  const failing = (code: string, at: number): Disk => ({
    ...realDisk,
    write: (handle, chunk, position) => (position >= at ? Promise.reject(Object.assign(new Error('write'), { code })) : realDisk.write(handle, chunk, position)),
  });

  it.each<[string, Partial<DownloadRequest>, Deed]>([
    ['the promised length does not fit', { expectedBytes: 300 * KB }, {}],
    ['the length about right does not fit', { approxBytes: 300 * KB }, {}],
  ])('is looked at before any request: %s', async (_why, promise) => {
    const error = await rejection(bench.download(promise, NEVER, { disk: { ...realDisk, freeBytes: () => Promise.resolve(64 * 2 ** 20) } }));
    expect(error).toMatchObject({ code: 'disk', message: expect.stringContaining('67 MB are free') as string });
    expect(bench.server.requests).toHaveLength(0);
  });

  it('is looked at again when the server says the length', async () => {
    bench.server.serve(FILE, { body });
    await expect(bench.download({}, NEVER, { disk: { ...realDisk, freeBytes: () => Promise.resolve(64 * 2 ** 20) } })).rejects.toMatchObject({ code: 'disk' });
    expect(bench.has('.part')).toBe(false);
  });

  it('needs room only for what is still missing', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 200 * KB }, { status: 404 });
    await expect(bench.download({ expectedBytes: body.length })).rejects.toMatchObject({ code: 'not_found' });
    await bench.download({ expectedBytes: body.length }, NEVER, { disk: { ...realDisk, freeBytes: () => Promise.resolve(64 * 2 ** 20 + 100 * KB) } });
    expect(bench.read().equals(body)).toBe(true);
  });

  it('that fills up keeps the part, and the download goes on once there is room', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    const error = await rejection(bench.download({}, NEVER, { disk: failing('ENOSPC', 100 * KB) }));
    expect(error).toMatchObject({ code: 'disk', message: expect.stringContaining('full') as string });
    expect(bench.server.requests).toHaveLength(1);
    expect(bench.has('.part')).toBe(true);
    await bench.download({ sha256: sha256(body) });
    expect(bench.server.requests[1]?.range).toMatch(/^bytes=\d+-$/u);
    expect(bench.read().equals(body)).toBe(true);
  });

  it.each([
    ['EDQUOT', 'full'],
    ['EACCES', 'may not be written'],
    ['EIO', 'cannot be written (EIO)'],
  ])('that refuses with %s says “%s”', async (code, words) => {
    bench.server.serve(FILE, { body });
    await expect(bench.download({}, NEVER, { disk: failing(code, 0) })).rejects.toMatchObject({ code: 'disk', message: expect.stringContaining(words) as string });
  });

  it('that has a file where the folder should be says so', async () => {
    writeFileSync(`${bench.folder}/models`, 'a file');
    await expect(bench.download()).rejects.toMatchObject({ code: 'disk', message: expect.stringContaining('localModels.folder') as string });
  });

  it.skipIf(process.getuid?.() === 0)('whose folder may not be written says so', async () => {
    mkdirSync(`${bench.folder}/models`);
    chmodSync(`${bench.folder}/models`, 0o500);
    await expect(bench.download()).rejects.toMatchObject({ code: 'disk' });
  });

  it('tells how much is free in a folder that is there, and nothing of one that is not', async () => {
    expect(await realDisk.freeBytes(bench.folder)).toBeGreaterThan(0);
    expect(await realDisk.freeBytes(`${bench.folder}/none`)).toBeUndefined();
  });
});

it('takes no more into memory than it can write when the disk is slower than the network', async () => {
  const large = gguf(48 * 1024 * KB);
  bench.server.serve(FILE, { body: large });
  let written = 0;
  let most = 0;
  const slow: Disk = {
    ...realDisk,
    write: async (handle, chunk, position) => {
      await realDisk.write(handle, chunk, position);
      await new Promise((resolve) => setTimeout(resolve, 1));
      written += chunk.length;
      most = Math.max(most, (bench.server.requests[0]?.sent ?? 0) - written);
    },
  };
  await bench.download({ sha256: sha256(large) }, NEVER, { disk: slow });
  expect(most).toBeLessThan(16 * 1024 * KB);
});
