import { describe, expect, it } from 'vitest';
import { fitTurns, shareOut, spokenTurns } from '../../../../src/router/dialects/turns';
import { estimateTokens } from '../../../../src/router/tokens';

const words = (text: string): number => text.split(/\s+/u).filter((word) => word !== '').length;
const numbered = (prefix: string, count: number): string => Array.from({ length: count }, (_, index) => `${prefix}${index}`).join(' ');

describe('the turns of a prompt', () => {
  it('are one full previous turn and the last words', () => {
    const input = { text: 'c', previousUser: 'a', previousAssistant: 'b', routes: [] };
    expect(spokenTurns(input).map(({ role, content }) => `${role} ${content}`)).toEqual(['user a', 'assistant b', 'user c']);
  });

  it('stay as they are, uncounted, when they surely fit', async () => {
    const input = { text: 'fix it', routes: [] };
    const count = (): never => {
      throw new Error('counted');
    };
    await expect(fitTurns(input, { tokens: 100, count })).resolves.toEqual({ input, cut: false });
  });

  it('stay as they are when counting shows that they fit', async () => {
    const input = { text: numbered('w', 90), routes: [] };
    await expect(fitTurns(input, { tokens: 100, count: words })).resolves.toEqual({ input, cut: false });
  });

  it('keep head and tail of an oversized message within the budget', async () => {
    const { input, cut } = await fitTurns({ text: numbered('w', 5000), routes: [] }, { tokens: 200, count: words });
    expect(cut).toBe(true);
    expect(words(input.text)).toBeLessThanOrEqual(200);
    expect(words(input.text)).toBeGreaterThan(150);
    expect(input.text).toMatch(/^w0 w1 /u);
    expect(input.text).toMatch(/w4999$/u);
    expect(input.text).toContain('…');
  });

  it('cut a long answer before the user’s own words', async () => {
    const { input } = await fitTurns(
      { text: numbered('u', 50), previousUser: numbered('p', 30), previousAssistant: numbered('a', 3000), routes: [] },
      { tokens: 140, count: words },
    );
    expect(words(input.text)).toBe(50);
    expect(words(input.previousUser ?? '')).toBe(30);
    expect(words(input.previousAssistant ?? '')).toBeLessThanOrEqual(60);
    expect(input.previousAssistant).toMatch(/a2999$/u);
  });

  it('share the budget when all are too long, the last words getting most', async () => {
    const { input } = await fitTurns(
      { text: numbered('u', 900), previousUser: numbered('p', 900), previousAssistant: numbered('a', 900), routes: [] },
      { tokens: 210, count: words },
    );
    const sizes = [input.text, input.previousUser, input.previousAssistant].map((text) => words(text ?? ''));
    expect(sizes[0]).toBeGreaterThan(sizes[1]!);
    expect(sizes[1]).toBeGreaterThan(sizes[2]!);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(210);
  });

  it('do not have a whole megabyte counted', async () => {
    let counted = 0;
    const count = (text: string): number => {
      counted += text.length;
      return estimateTokens(text);
    };
    const { input } = await fitTurns({ text: 'x y '.repeat(500_000), routes: [] }, { tokens: 500, count });
    expect(estimateTokens(input.text)).toBeLessThanOrEqual(500);
    expect(counted).toBeLessThan(30_000);
  });

  it('wait for a count that comes from elsewhere', async () => {
    const { input } = await fitTurns({ text: numbered('w', 500), routes: [] }, { tokens: 50, count: (text) => Promise.resolve(words(text)) });
    expect(words(input.text)).toBeLessThanOrEqual(50);
  });
});

describe('sharing a budget', () => {
  it.each([
    [[10, 10], [1, 1], 100, [10, 10]],
    [[90, 90], [1, 1], 100, [50, 50]],
    [[10, 900], [4, 1], 100, [10, 90]],
    [[900, 10], [1, 4], 100, [90, 10]],
    [[900, 900, 900], [4, 2, 1], 70, [40, 20, 10]],
    [[], [], 70, []],
    [[5], [1], 0, [0]],
  ])('%j by %j of %i gives %j', (needs, weights, total, expected) => {
    expect(shareOut(needs, weights, total)).toEqual(expected);
  });
});
