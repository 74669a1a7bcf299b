import { describe, expect, it } from 'vitest';
import { createRhythm } from '../../../src/completion/debounce';

const typing = (intervalMs: number, latencyMs = 200) => {
  const rhythm = createRhythm();
  for (let key = 0; key < 60; key += 1) rhythm.key(key * intervalMs);
  for (let answer = 0; answer < 30; answer += 1) rhythm.answered(latencyMs);
  return rhythm;
};

describe('the wait before a request', () => {
  it('is longer for those who type slowly, so that it falls into a pause', () => {
    expect(typing(250).wait('const a', 1000)).toBeGreaterThan(typing(90).wait('const a', 1000));
    expect(typing(250).wait('const a', 1000)).toBeGreaterThan(250);
  });
  it('is shorter behind a sign than in a word', () => {
    const rhythm = typing(200);
    expect(rhythm.wait('f(', 1000)).toBeLessThan(rhythm.wait('fo', 1000));
  });
  it('is shorter for a slow model', () => {
    expect(typing(200, 900).wait('fo', 1000)).toBeLessThan(typing(200, 100).wait('fo', 1000));
  });
  it('is never longer than the setting, and never negative', () => {
    expect(typing(500).wait('fo', 150)).toBe(150);
    expect(typing(500).wait('fo', 0)).toBe(0);
    expect(typing(60, 2000).wait('f(', 1000)).toBe(0);
  });
  it('does not take a pause for a rhythm', () => {
    const rhythm = typing(100);
    const before = rhythm.wait('fo', 1000);
    rhythm.key(60_000);
    expect(rhythm.wait('fo', 1000)).toBe(before);
  });
});
