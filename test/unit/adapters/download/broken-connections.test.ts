import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadTiming, Progress } from '../../../../src/adapters/download/types';
import { isAbort } from '../../../../src/shared/abort';
import { rejection } from '../../../support/adapters';
import type { Deed } from '../../../support/file-server';
import { FILE, gguf, KB, sha256, startBench, type Bench } from './setup';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const ranges = (): (string | undefined)[] => bench.server.requests.map(({ range }) => range);

describe('a download whose connection breaks', () => {
  const body = gguf();
  it.each<[string, Deed[], number, Partial<DownloadTiming>?]>([
    ['once, half-way', [{ cutAfter: 150 * KB }], 2],
    ['before the first byte', [{ hangUp: true }], 2],
    ['after the headers', [{ cutAfter: 0 }], 2],
    ['three times, each time with some progress', [{ cutAfter: 90 * KB }, { cutAfter: 90 * KB }, { cutAfter: 90 * KB }], 4],
    ['and the server then fails twice', [{ cutAfter: 90 * KB }, { status: 500 }, { status: 503 }], 4],
    ['in silence', [{ stallAfter: 100 * KB }], 2, { idleMs: 1000 }],
  ])('%s, is finished from where it stopped', async (_how, deeds, requests, timing) => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, ...deeds);
    const done = await bench.download({ sha256: sha256(body), expectedBytes: body.length }, undefined, { timing: { ...bench.deps.timing, ...timing } });
    expect(bench.read().equals(body)).toBe(true);
    expect(done).toEqual({ path: bench.target, bytes: body.length, sha256: sha256(body) });
    expect(bench.server.requests).toHaveLength(requests);
    expect(bench.server.requests.reduce((sum, { sent }) => sum + sent, 0)).toBe(body.length);
  });

  it('asks for the rest only, on condition that the file is still the same', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download();
    expect(ranges()).toEqual([undefined, `bytes=${String(100 * KB)}-`]);
    expect(bench.server.requests[1]?.headers['if-range']).toBe('"v1"');
    expect(bench.server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('tells the wait and the reason meanwhile', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download();
    expect(bench.progress).toContainEqual({ phase: 'waiting', retryInMs: 5, why: expect.stringContaining('ended before') as string });
    expect(bench.progress.at(-1)).toEqual({ phase: 'downloading', bytes: body.length, totalBytes: body.length });
  });

  it('gives up after some failures without progress, and keeps what came', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB }, ...Array.from({ length: 9 }, () => ({ hangUp: true })));
    await expect(bench.download()).rejects.toMatchObject({ code: 'unreachable' });
    expect(bench.server.requests).toHaveLength(4);
    bench.server.script(FILE);
    await bench.download();
    expect(ranges().at(-1)).toBe(`bytes=${String(100 * KB)}-`);
    expect(bench.read().equals(body)).toBe(true);
  });

  it('starts over where the server knows no ranges', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"', ranges: false });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download({ sha256: sha256(body) });
    expect(bench.read().equals(body)).toBe(true);
    expect(bench.server.requests[1]?.sent).toBe(body.length);
  });

  it('starts over where nothing tells whether the file is still the same', async () => {
    bench.server.serve(FILE, { body });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download();
    expect(ranges()).toEqual([undefined, undefined]);
    expect(bench.read().equals(body)).toBe(true);
  });

  it('goes on without a tag when the hash will tell', async () => {
    bench.server.serve(FILE, { body });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download({ sha256: sha256(body) });
    expect(ranges()).toEqual([undefined, `bytes=${String(100 * KB)}-`]);
  });

  it('goes by the date where the tag is weak', async () => {
    bench.server.serve(FILE, { body, etag: 'W/"v1"', lastModified: 'Fri, 01 May 2026 10:00:00 GMT' });
    bench.server.script(FILE, { cutAfter: 100 * KB });
    await bench.download();
    expect(bench.server.requests[1]?.headers['if-range']).toBe('Fri, 01 May 2026 10:00:00 GMT');
    expect(bench.read().equals(body)).toBe(true);
  });

  it('does not splice in bytes from elsewhere in the file', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { wrongRange: true });
    await bench.download({ sha256: sha256(body) });
    expect(bench.read().equals(body)).toBe(true);
    expect(ranges()).toEqual([undefined, `bytes=${String(100 * KB)}-`, undefined]);
  });
});

describe('a file that changed on the server between two connections', () => {
  const [old, fresh] = [gguf(), gguf(320 * KB)];
  it.each([
    ['and whose server compares tags', { etag: '"v1"' }, { etag: '"v2"' }],
    ['and whose server has only a new date', { lastModified: 'Fri, 01 May 2026 10:00:00 GMT' }, { lastModified: 'Sat, 02 May 2026 10:00:00 GMT' }],
  ])('is downloaded from its start, %s', async (_how, before, tags) => {
    bench.server.serve(FILE, { body: old, ...before });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { hangUp: true }, { hangUp: true }, { hangUp: true });
    await expect(bench.download()).rejects.toMatchObject({ code: 'unreachable' });
    bench.server.serve(FILE, { body: fresh, ...tags });
    await bench.download();
    expect(bench.read().equals(fresh)).toBe(true);
  });

  it('is noticed by its tag when the server ignores the condition', async () => {
    bench.server.serve(FILE, { body: old, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { hangUp: true }, { hangUp: true }, { hangUp: true });
    await expect(bench.download()).rejects.toMatchObject({ code: 'unreachable' });
    // Answers with a range although the tag of the condition is not the file's.
    const sameLength = gguf(old.length);
    bench.server.serve(FILE, { body: sameLength, etag: '"v1"', headers: { etag: '"v2"' } });
    await bench.download();
    expect(bench.read().equals(sameLength)).toBe(true);
    expect(ranges().slice(-2)).toEqual([`bytes=${String(100 * KB)}-`, undefined]);
  });

  it('and is shorter now, is downloaded from its start', async () => {
    bench.server.serve(FILE, { body: old, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 200 * KB }, { hangUp: true }, { hangUp: true }, { hangUp: true });
    await expect(bench.download()).rejects.toMatchObject({ code: 'unreachable' });
    const short = gguf(50 * KB);
    bench.server.serve(FILE, { body: short, etag: '"v1"', headers: { etag: '"v3"' } });
    await bench.download();
    expect(bench.read().equals(short)).toBe(true);
  });

  it('is given up when it changes again and again', async () => {
    bench.server.serve(FILE, { body: old, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { wrongRange: true }, { cutAfter: 100 * KB }, { wrongRange: true }, { cutAfter: 100 * KB }, { wrongRange: true }, { cutAfter: 100 * KB }, { wrongRange: true });
    await expect(bench.download()).rejects.toMatchObject({ code: 'malformed' });
  });
});

describe('a download that is cancelled', () => {
  const body = gguf();

  async function cancelAt(bytes: number): Promise<unknown> {
    const controller = new AbortController();
    const onProgress = (progress: Progress): void => {
      if (progress.phase === 'downloading' && progress.bytes >= bytes) controller.abort();
    };
    return rejection(bench.download({}, controller.signal, { onProgress }));
  }

  it('stops at once, closes the connection and keeps the part', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { slowMs: 2 });
    expect(isAbort(await cancelAt(20 * KB))).toBe(true);
    await bench.server.until(([first]) => first?.aborted === true);
    expect(bench.has('')).toBe(false);
    expect(bench.has('.part')).toBe(true);
    expect(bench.has('.part.lock')).toBe(false);
  });

  it('goes on where it stopped after a restart', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { slowMs: 2 });
    await cancelAt(20 * KB);
    const had = readFileSync(`${bench.target}.part`).length;
    await bench.download({ sha256: sha256(body) });
    expect(ranges()[1]).toBe(`bytes=${String(had)}-`);
    expect(bench.read().equals(body)).toBe(true);
    expect(bench.has('.part') || bench.has('.part.json')).toBe(false);
    expect(bench.progress).toContainEqual({ phase: 'checking', bytes: had, totalBytes: had });
  });

  it('stops while it waits for the next try', async () => {
    bench.server.script(FILE, { status: 503, headers: { 'retry-after': '60' } });
    const controller = new AbortController();
    const error = rejection(bench.download({}, controller.signal, { onProgress: () => controller.abort() }));
    expect(isAbort(await error)).toBe(true);
  });

  it('never begins when it was cancelled before', async () => {
    expect(isAbort(await rejection(bench.download({}, AbortSignal.abort())))).toBe(true);
    expect(bench.server.requests).toHaveLength(0);
  });
});

describe('what an earlier session left', () => {
  const body = gguf();

  async function leavePart(): Promise<void> {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { cutAfter: 100 * KB }, { status: 404 });
    await expect(bench.download()).rejects.toMatchObject({ code: 'not_found' });
  }

  it('is used only as far as it surely reached the disk', async () => {
    await leavePart();
    appendFileSync(`${bench.target}.part`, Buffer.alloc(400 * KB));
    await bench.download({ sha256: sha256(body) });
    expect(ranges().at(-1)).toBe(`bytes=${String(100 * KB)}-`);
    expect(bench.read().equals(body)).toBe(true);
  });

  it.each([
    ['the note beside it is damaged', () => writeFileSync(`${bench.target}.part.json`, '{"url":')],
    ['it is shorter than the note says', () => writeFileSync(`${bench.target}.part`, 'GGUF')],
  ])('is thrown away when %s', async (_why, damage) => {
    await leavePart();
    damage();
    await bench.download({ sha256: sha256(body) });
    expect(ranges().at(-1)).toBeUndefined();
    expect(bench.read().equals(body)).toBe(true);
  });

  it('is thrown away when it came from another address', async () => {
    await leavePart();
    bench.server.serve('/mirror/model.gguf', { body, etag: '"v1"' });
    await bench.download({ url: `${bench.server.url}/mirror/model.gguf` });
    expect(ranges().at(-1)).toBeUndefined();
  });

  it('is checked without another request when it is complete', async () => {
    await leavePart();
    writeFileSync(`${bench.target}.part`, body);
    const note = JSON.parse(readFileSync(`${bench.target}.part.json`, 'utf8')) as object;
    writeFileSync(`${bench.target}.part.json`, JSON.stringify({ ...note, bytes: body.length }));
    const before = bench.server.requests.length;
    await bench.download({ sha256: sha256(body) });
    expect(bench.server.requests).toHaveLength(before);
    expect(bench.read().equals(body)).toBe(true);
  });

  it('is left alone while another window is at it', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { slowMs: 1 });
    const first = bench.download();
    await bench.server.until((requests) => requests.length === 1);
    const error = await rejection(bench.download());
    expect(error).toMatchObject({ code: 'disk', message: expect.stringContaining('Another window') as string });
    await first;
    expect(bench.read().equals(body)).toBe(true);
  });

  it('is left alone for as long as the other window takes', async () => {
    bench.server.serve(FILE, { body, etag: '"v1"' });
    bench.server.script(FILE, { slowMs: 2 });
    const timing = { ...bench.deps.timing, staleLockMs: 200 };
    const first = bench.download({}, undefined, { timing });
    await new Promise((resolve) => setTimeout(resolve, 450));
    await expect(bench.download({}, undefined, { timing })).rejects.toMatchObject({ code: 'disk' });
    await first;
  });

  it('is taken over from a window that is gone', async () => {
    await leavePart();
    const longAgo = new Date(Date.now() - 60_000);
    writeFileSync(`${bench.target}.part.lock`, '');
    utimesSync(`${bench.target}.part.lock`, longAgo, longAgo);
    await bench.download({ sha256: sha256(body) });
    expect(bench.has('.part.lock')).toBe(false);
  });
});
