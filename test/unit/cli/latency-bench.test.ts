import { describe, expect, it } from 'vitest';
import { learnVocabulary } from '../../../src/cli/bench/byte-pairs';
import { watchEventLoop } from '../../../src/cli/bench/event-loop';
import { requestText, ROUTE_COUNTS, routeSet, sampleText } from '../../../src/cli/bench/latency-cases';

describe('what the latency benchmark asks', () => {
  it('are as many routes as it says, whose names differ in their first letter', () => {
    for (const count of ROUTE_COUNTS) {
      const names = routeSet(count, 1).map(({ name }) => name);
      expect(new Set([...names, 'other'].map((name) => name[0])).size).toBe(count + 1);
    }
  });

  it('is never the same twice, so that no cache answers', () => {
    expect(new Set(Array.from({ length: 50 }, (_, variant) => requestText(100, variant))).size).toBe(50);
    expect(routeSet(5, 1)[4]).not.toEqual(routeSet(5, 2)[4]);
  });
});

describe('the vocabulary of the generated decoder', () => {
  it('merges what is frequent first, and never across words', () => {
    const { tokens, merges } = learnVocabulary('the the the then cat', 5);
    expect(merges.slice(0, 2)).toEqual(['t h', 'th e']);
    expect(tokens).toContain('the');
    expect(tokens.every((token) => !/.\u0120/u.test(token))).toBe(true);
    expect(tokens.length).toBe(new Set(tokens).size);
  });

  it('ends when there is nothing left to merge', () => {
    expect(learnVocabulary('ab', 100).merges).toEqual(['a b']);
    expect(learnVocabulary('', 100).tokens).toHaveLength(256);
  });

  it('makes whole words of the benchmark’s own texts', () => {
    expect(learnVocabulary(sampleText(), 2000).tokens).toContain('\u0120conversation');
  });
});

describe('the watch on the event loop', () => {
  it('sees a loop that is held up, once per piece of work', async () => {
    const watch = watchEventLoop();
    await watch.during(() => new Promise((resolve) => setTimeout(resolve, 30)));
    await watch.during(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const start = performance.now();
      while (performance.now() - start < 60);
      await new Promise((resolve) => setTimeout(resolve, 10));
    });
    expect(watch.longestMs).toHaveLength(2);
    expect(watch.longestMs[1]).toBeGreaterThan(40);
  });
});
