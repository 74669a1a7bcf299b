import { describe, expect, it } from 'vitest';
import { bagOf, cover, readWords } from '../../../../src/router/embedded/words';

/** FNV-1a of the words below, as models/router/train/words.py numbers them. */
const WORDS = [
  { key: 0xb375b86f, mass: 0x3c00, code: [127, 0] }, // mortgage: 1
  { key: 0xec07635b, mass: 0x3800, code: [90, 90] }, // loan: 0.5
  { key: 0x06745c07, mass: 0x3400, code: [0, -127] }, // cat: 0.25
].sort((a, b) => a.key - b.key);
const bytes = new Uint8Array([
  ...new Uint8Array(new Uint32Array([WORDS.length, ...WORDS.map(({ key }) => key)]).buffer),
  ...new Uint8Array(new Uint16Array(WORDS.map(({ mass }) => mass)).buffer),
  ...new Uint8Array(new Int8Array(WORDS.flatMap(({ code }) => code)).buffer),
]);
const table = readWords(bytes, 2);
const bag = (text: string) => bagOf(text, { table, heaviest: 48 });

describe('the table of words', () => {
  it('refuses a file of another length', () => {
    expect(() => readWords(bytes.subarray(0, bytes.length - 1), 2)).toThrow(RangeError);
    expect(() => readWords(new Uint8Array(2), 2)).toThrow(RangeError);
  });

  it('reads a text as the weighted sum of its known words', () => {
    const { sum, masses } = bag('my mortgage and the cat');
    expect([...masses]).toEqual([1, 0.25]);
    expect(sum[0]).toBeCloseTo(1 / Math.hypot(1, 0.25));
    expect(sum[1]).toBeCloseTo(-0.25 / Math.hypot(1, 0.25));
  });

  it('takes a plural for its singular', () => {
    expect([...bag('mortgages').sum]).toEqual([...bag('mortgage').sum]);
  });

  it('keeps the weightiest different words, one by one', () => {
    expect([...bagOf('cat loan cat mortgage loan', { table, heaviest: 2 }).masses]).toEqual([1, 0.5]);
  });

  it('says how well two texts stand for each other', () => {
    const near = cover(bag('a loan'), bag('mortgage'));
    expect(near.covered).toBeCloseTo(Math.SQRT1_2);
    const partly = cover(bag('mortgage'), bag('mortgage cat'));
    expect(partly.covered).toBeCloseTo((1 + 0) / 1.25);
    expect(partly.covering).toBeCloseTo(1);
  });

  it('says nothing of texts without a known word', () => {
    expect(cover(bag('xyzzy'), bag('mortgage'))).toEqual({ covered: 0, covering: 0 });
    expect([...bag('xyzzy').sum]).toEqual([0, 0]);
  });
});
