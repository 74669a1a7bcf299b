import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRouteVectors } from '../../../../src/adapters/classifiers/route-vectors';
import { silentLog, type Log } from '../../../../src/shared/log';

function place(): { path: string; warned: string[]; log: Log } {
  const warned: string[] = [];
  const log: Log = { ...silentLog, warn: (text) => void warned.push(text) };
  return { path: join(mkdtempSync(join(tmpdir(), 'fairlead-vectors-')), 'deep', 'route-vectors.bin'), warned, log };
}

const vectors = new Map([
  ['fixing bugs', new Float32Array([1, 0, 0.5])],
  ['writing tests', new Float32Array([0, 1, -0.25])],
]);

describe('the vectors of routes', () => {
  it('are there again in the next session', async () => {
    const { path, log } = place();
    const first = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    expect(first.get('fixing bugs')).toBeUndefined();
    first.keep(vectors);
    await first.written();
    const second = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    expect(second.get('writing tests')).toEqual(vectors.get('writing tests'));
    expect(second.get('something else')).toBeUndefined();
  });

  it('of another model are not used', async () => {
    const { path, log } = place();
    const first = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    first.keep(vectors);
    await first.written();
    expect((await openRouteVectors({ path, model: 'm2', dimensions: 3, log })).get('fixing bugs')).toBeUndefined();
  });

  it('of routes that are gone leave the file', async () => {
    const { path, log } = place();
    const first = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    first.keep(vectors);
    first.keep(new Map([...vectors].slice(0, 1)));
    await first.written();
    const second = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    expect(second.get('fixing bugs')).toBeDefined();
    expect(second.get('writing tests')).toBeUndefined();
  });

  it('are named by a hash: the file holds no text', async () => {
    const { path, log } = place();
    const first = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    first.keep(vectors);
    await first.written();
    expect(readFileSync(path).includes('fixing')).toBe(false);
  });

  it.each([
    ['half a file', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['no file of ours', () => Buffer.from('{"model":"m1"}')],
    ['an empty file', () => Buffer.alloc(0)],
  ])('in %s are made anew, with a word in the log', async (_, damage) => {
    const { path, log, warned } = place();
    const first = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    first.keep(vectors);
    await first.written();
    writeFileSync(path, damage(readFileSync(path)));
    const second = await openRouteVectors({ path, model: 'm1', dimensions: 3, log });
    expect(second.get('fixing bugs')).toBeUndefined();
    expect(warned).toHaveLength(1);
    second.keep(vectors);
    await second.written();
    expect((await openRouteVectors({ path, model: 'm1', dimensions: 3, log })).get('fixing bugs')).toBeDefined();
  });
});
