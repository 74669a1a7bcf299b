import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../../../src/adapters/json-lines';
import { collect } from '../../support/adapters';

const TEXT = '{"a":"é"}\n\n{"b":"日本"}\r\n{"c":3}';
const WHOLE = [{ a: 'é' }, { b: '日本' }, { c: 3 }];

function inChunksOf(bytes: number): Response {
  const all = new TextEncoder().encode(TEXT);
  return new Response(
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < all.length; at += bytes) controller.enqueue(all.slice(at, at + bytes));
        controller.close();
      },
    }),
  );
}

describe('JSON lines', () => {
  it.each([1, 2, 3, 7, 1000])('come whole, the last without a line end too, in chunks of %i bytes', async (bytes) => {
    expect(await collect(readJsonLines(inChunksOf(bytes)))).toEqual(WHOLE);
  });
  it('that are no JSON are an error', async () => {
    await expect(collect(readJsonLines(new Response('{"a":1}\n{"b"')))).rejects.toBeInstanceOf(SyntaxError);
  });
});
