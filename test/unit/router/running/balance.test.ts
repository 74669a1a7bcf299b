import { describe, expect, it } from 'vitest';
import { createBalance, type Balance, type BalancedEndpoint } from '../../../../src/router/running/balance';

const endpoints = (weights: Record<string, number>): BalancedEndpoint[] => Object.entries(weights).map(([key, weight]) => ({ key, weight }));

/** Shares of so many requests. */
function shares(balance: Balance, working: readonly BalancedEndpoint[], requests: number, score?: (key: string) => number): Record<string, number> {
  const got = new Map(working.map(({ key }) => [key, 0]));
  for (let index = 0; index < requests; index += 1) {
    const key = balance.next(working, score)!;
    got.set(key, got.get(key)! + 1);
  }
  return Object.fromEntries([...got].map(([key, count]) => [key, count / requests]));
}

describe('the load of several endpoints', () => {
  it.each([
    ['two alike', { a: 1, b: 1 }, { a: 0.5, b: 0.5 }],
    ['two that are not alike', { a: 3, b: 1 }, { a: 0.75, b: 0.25 }],
    ['three', { a: 5, b: 3, c: 2 }, { a: 0.5, b: 0.3, c: 0.2 }],
    ['a small one among large ones', { a: 10, b: 10, c: 1 }, { a: 10 / 21, b: 10 / 21, c: 1 / 21 }],
  ])('comes to the shares of %s', (_, weights, wanted) => {
    const got = shares(createBalance(), endpoints(weights), 2000);
    for (const [key, share] of Object.entries(wanted)) expect(got[key]).toBeCloseTo(share, 1);
  });

  it('of one that rests goes to the others in proportion, and comes back', () => {
    const balance = createBalance();
    const all = endpoints({ a: 2, b: 1, c: 1 });
    shares(balance, all, 400);
    const without = shares(balance, all.filter(({ key }) => key !== 'a'), 400);
    expect(without['b']).toBeCloseTo(0.5, 1);
    expect(without['c']).toBeCloseTo(0.5, 1);
    // No burst on the one that has just come back.
    const soon = shares(balance, all, 40);
    expect(soon['a']).toBeGreaterThan(0.3);
    expect(soon['a']).toBeLessThan(0.7);
    expect(shares(balance, all, 400)['a']).toBeCloseTo(0.5, 1);
  });

  it('is met in the long run even where a score speaks for one endpoint each time', () => {
    const got = shares(createBalance(), endpoints({ a: 1, b: 1 }), 4000, (key) => (key === 'a' ? 0.5 : 0));
    expect(got['a']).toBeCloseTo(0.5, 1);
  });

  it('follows a score for a while: a conversation stays where its prompt is cached', () => {
    const balance = createBalance();
    const working = endpoints({ a: 1, b: 1 });
    const asked = Array.from({ length: 10 }, () => balance.next(working, (key) => (key === 'b' ? 0.5 : 0)));
    expect(new Set(asked)).toEqual(new Set(['b']));
  });

  it('has nobody to ask when none works', () => {
    expect(createBalance().next([])).toBeUndefined();
  });
});
