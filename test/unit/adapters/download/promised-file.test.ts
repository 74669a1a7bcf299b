import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPinStore } from '../../../../src/adapters/download/pins';
import type { DownloadRequest } from '../../../../src/adapters/download/types';
import { rejection } from '../../../support/adapters';
import type { Deed, ServedFile } from '../../../support/file-server';
import { FILE, gguf, KB, sha256, startBench, type Bench } from './setup';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const body = gguf();
const OTHER_HASH = 'a'.repeat(64);

describe('a file that is not the one that was promised', () => {
  it.each<[string, Partial<DownloadRequest>, Deed]>([
    ['has another hash', { sha256: OTHER_HASH }, {}],
    ['is longer than promised and sent without a length', { expectedBytes: 200 * KB }, { chunked: true }],
    ['is shorter than promised and sent without a length', { expectedBytes: 400 * KB, sha256: sha256(body) }, { chunked: true }],
  ])('is set aside when it %s', async (_how, promise, deed) => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, ...Array.from({ length: 9 }, () => deed));
    await expect(bench.download(promise)).rejects.toMatchObject({ code: 'hash' });
    expect([bench.has(''), bench.has('.bad'), bench.has('.part')]).toEqual([false, true, false]);
  });

  it('is set aside as .bad, said so, and nothing else stays', async () => {
    bench.server.serve(FILE, { body });
    const error = await rejection(bench.download({ sha256: OTHER_HASH }));
    expect(error).toMatchObject({ code: 'hash', message: expect.stringContaining(`${bench.target}.bad`) as string });
    expect(readFileSync(`${bench.target}.bad`).equals(body)).toBe(true);
    expect([bench.has(''), bench.has('.part'), bench.has('.part.json'), bench.has('.part.lock')]).toEqual([false, false, false, false]);
  });

  it('costs no download when the server already says another length', async () => {
    bench.server.serve(FILE, { body });
    bench.server.script(FILE, { slowMs: 5 });
    await expect(bench.download({ expectedBytes: 7 })).rejects.toMatchObject({ code: 'hash' });
    await bench.server.until(([first]) => first?.aborted === true);
    expect(bench.has('.bad') || bench.has('.part')).toBe(false);
  });

  it('is not read on beyond the promised length', async () => {
    const endless = gguf(4096 * KB);
    bench.server.serve(FILE, { body: endless });
    bench.server.script(FILE, { chunked: true, slowMs: 1 });
    await expect(bench.download({ expectedBytes: 20 * KB })).rejects.toMatchObject({ code: 'hash' });
    await bench.server.until(([first]) => first?.aborted === true);
    expect(bench.server.requests[0]?.sent).toBeLessThan(1024 * KB);
  });

  it('never replaces the file that is there', async () => {
    bench.server.serve(FILE, { body });
    await bench.download();
    bench.server.serve(FILE, { body: gguf() });
    await expect(bench.download({ sha256: sha256(body) })).rejects.toMatchObject({ code: 'hash' });
    expect(bench.read().equals(body)).toBe(true);
  });

  it('can be downloaded again after that', async () => {
    bench.server.serve(FILE, { body: gguf() });
    await expect(bench.download({ sha256: sha256(body) })).rejects.toMatchObject({ code: 'hash' });
    bench.server.serve(FILE, { body });
    await bench.download({ sha256: sha256(body) });
    expect(bench.read().equals(body)).toBe(true);
  });

  it('is refused at its first bytes when it is the page of a proxy', async () => {
    bench.server.script(FILE, { page: '<html>Sign in to the network</html>' });
    const error = await rejection(bench.download());
    expect(error).toMatchObject({ code: 'malformed', message: expect.stringContaining('sign-in') as string });
    expect(bench.server.requests).toHaveLength(1);
    expect(bench.has('.part') || bench.has('.bad') || existsSync(`${bench.folder}/models/pins.json`)).toBe(false);
  });
});

describe('the hash that a hub announces in its redirect', () => {
  const announcing = (hash: string): ServedFile => ({ body, headers: { 'x-linked-etag': `"${hash}"` } });

  it('is enough to finish the file', async () => {
    bench.server.serve(FILE, announcing(sha256(body)));
    await bench.download();
    expect(bench.read().equals(body)).toBe(true);
  });

  it('refuses a file with another one', async () => {
    bench.server.serve(FILE, announcing(OTHER_HASH));
    await expect(bench.download()).rejects.toMatchObject({ code: 'hash' });
    expect(bench.has('')).toBe(false);
  });

  it('stops the download at once when it is not the promised one', async () => {
    bench.server.serve(FILE, announcing(OTHER_HASH));
    await expect(bench.download({ sha256: sha256(body) })).rejects.toMatchObject({ code: 'hash', message: expect.stringContaining('Nothing was downloaded') as string });
    expect(bench.has('.bad') || bench.has('.part')).toBe(false);
  });

  it('lets a part go on although the storage behind the hub changed its tag', async () => {
    bench.server.serve(FILE, { body, etag: '"storage-1"', headers: { 'x-linked-etag': `"${sha256(body)}"` } });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { status: 404 });
    await expect(bench.download()).rejects.toMatchObject({ code: 'not_found' });
    bench.server.serve(FILE, { body, etag: '"storage-2"', headers: { 'x-linked-etag': `"${sha256(body)}"` } });
    await bench.download();
    expect(bench.server.requests.at(-1)?.range).toBe(`bytes=${String(100 * KB)}-`);
    expect(bench.read().equals(body)).toBe(true);
  });
});

describe('a file without a published hash', () => {
  it('is pinned by its first download, and the same file passes later', async () => {
    bench.server.serve(FILE, { body });
    await bench.download();
    expect(await bench.deps.pins.get('tested')).toBe(sha256(body));
    await bench.download();
    expect(bench.read().equals(body)).toBe(true);
  });

  it('must be the same file later', async () => {
    bench.server.serve(FILE, { body });
    await bench.download();
    bench.server.serve(FILE, { body: gguf() });
    const error = await rejection(bench.download());
    expect(error).toMatchObject({ code: 'hash', message: expect.stringContaining('downloaded before') as string });
    expect(bench.read().equals(body)).toBe(true);
  });

  it('may be another one once the pin is forgotten', async () => {
    bench.server.serve(FILE, { body });
    await bench.download();
    const fresh = gguf();
    bench.server.serve(FILE, { body: fresh });
    await bench.deps.pins.forget('tested');
    await bench.download();
    expect(bench.read().equals(fresh)).toBe(true);
  });

  it('is pinned under its own name only', async () => {
    bench.server.serve(FILE, { body });
    await bench.download();
    bench.server.serve(FILE, { body: gguf() });
    await bench.download({ id: 'another' });
    expect(await bench.deps.pins.get('tested')).toBe(sha256(body));
  });

  it('is not pinned where the hash was published', async () => {
    bench.server.serve(FILE, { body });
    await bench.download({ sha256: sha256(body) });
    expect(await bench.deps.pins.get('tested')).toBeUndefined();
  });

  it('starts a new list of pins, with a warning, when the old one is damaged', async () => {
    const path = `${bench.folder}/pins.json`;
    writeFileSync(path, '{"tested": 12}');
    const pins = createPinStore(() => path, bench.log);
    expect(await pins.get('tested')).toBeUndefined();
    expect(bench.log.lines.some((line) => line.startsWith('warn'))).toBe(true);
    await pins.set('tested', OTHER_HASH);
    expect(await pins.get('tested')).toBe(OTHER_HASH);
  });
});
