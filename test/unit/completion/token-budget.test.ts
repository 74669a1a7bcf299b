import { describe, expect, it } from 'vitest';
import { answerTokens, budgetFor, createTokenRatios, MOST_PROMPT_TOKENS, MOST_SIDE_CHARS } from '../../../src/completion/token-budget';

const key = { model: 'http://127.0.0.1 qwen', language: 'typescript' };
const LATIN = 'const sum = (a, b) => a + b;\n'.repeat(40);

/** Tokens of a whole prompt under a budget, if its text has as many characters in a token as was said. */
function tokensOf(facts: Parameters<typeof budgetFor>[0]): number {
  const { prefixChars, suffixChars, extraChars } = budgetFor(facts);
  return (prefixChars + suffixChars + extraChars) / facts.charsPerToken;
}

describe('the budget of a prompt', () => {
  it.each([
    ['a large window is not filled: reading takes time', 131_072, 256],
    ['an unknown window is taken for the usual one', undefined, 256],
  ])('%s', (_, contextTokens, maxTokens) => {
    expect(tokensOf({ contextTokens, maxTokens, charsPerToken: 3.5 })).toBeCloseTo(MOST_PROMPT_TOKENS, -1);
  });

  it.each([
    [2048, 128],
    [1024, 1024],
    [512, 64],
  ])('a window of %d tokens holds it, with %d to write', (contextTokens, maxTokens) => {
    const answer = answerTokens(contextTokens, maxTokens);
    const prompt = tokensOf({ contextTokens, maxTokens, charsPerToken: 3 });
    expect(prompt + answer).toBeLessThan(contextTokens - 20);
    expect(prompt).toBeGreaterThan(contextTokens / 2);
    expect(answer).toBeGreaterThan(0);
  });

  it('gives three quarters of what is around the cursor to what stands before it', () => {
    const { prefixChars, suffixChars, extraChars } = budgetFor({ contextTokens: undefined, maxTokens: 128, charsPerToken: 4 });
    expect(prefixChars / suffixChars).toBeCloseTo(3, 0);
    expect(extraChars).toBeGreaterThan(suffixChars);
  });

  it('stays within what llama-server reads of an /infill', () => {
    const { prefixChars, suffixChars } = budgetFor({ contextTokens: 32_768, maxTokens: 128, charsPerToken: 1 });
    expect(prefixChars).toBeLessThanOrEqual(1536);
    expect(suffixChars).toBeLessThanOrEqual(510);
  });
});

describe('characters per token', () => {
  it('are guessed carefully before the first count', () => {
    const { charsPerToken } = createTokenRatios();
    expect(charsPerToken(key, LATIN)).toBe(3);
    expect(charsPerToken(key, '// 注文の合計を計算する\n'.repeat(40))).toBeLessThan(1.5);
    expect(charsPerToken(key, '')).toBe(3);
  });

  it('are learned for each model and language', () => {
    const { learn, charsPerToken } = createTokenRatios();
    learn(key, { chars: 4000, tokens: 1000 });
    expect(charsPerToken(key, LATIN)).toBe(4);
    expect(charsPerToken({ ...key, language: 'python' }, LATIN)).toBe(3);
    expect(charsPerToken({ ...key, model: 'other' }, LATIN)).toBe(3);
  });

  it('are the least that was counted lately, so that no prompt is too long', () => {
    const { learn, charsPerToken } = createTokenRatios();
    for (const tokens of [1000, 1600, 1000]) learn(key, { chars: 4000, tokens });
    expect(charsPerToken(key, LATIN)).toBe(2.5);
    for (let count = 0; count < 8; count += 1) learn(key, { chars: 4000, tokens: 1000 });
    expect(charsPerToken(key, LATIN)).toBe(4);
  });

  it('do not move with every count: each move costs a server its cache', () => {
    const { learn, charsPerToken } = createTokenRatios();
    const used = [3.6, 3.55, 3.7, 3.52, 3.8, 3.74].map((ratio) => {
      learn(key, { chars: ratio * 1000, tokens: 1000 });
      return charsPerToken(key, LATIN);
    });
    expect(used).toEqual([3.5, 3.5, 3.5, 3.5, 3.5, 3.5]);
    for (let count = 0; count < 8; count += 1) learn(key, { chars: 3900, tokens: 1000 });
    expect(charsPerToken(key, LATIN), 'a quarter more is not clear').toBe(3.5);
  });

  it.each([
    ['a prompt of which all but a little was cached', { chars: 4000, tokens: 90 }],
    ['no tokens', { chars: 4000, tokens: 0 }],
    ['a text that is too short to say anything', { chars: 40, tokens: 20 }],
    ['nonsense', { chars: 400, tokens: Number.NaN }],
  ])('are not learned from %s', (_, counted) => {
    const { learn, charsPerToken } = createTokenRatios();
    learn(key, counted);
    expect(charsPerToken(key, LATIN)).toBe(3);
  });

  it('bound what is sent of one side of the cursor', () => {
    const { learn, charsPerToken } = createTokenRatios();
    learn(key, { chars: 5900, tokens: 1000 });
    const { prefixChars } = budgetFor({ contextTokens: 100_000, maxTokens: 8, charsPerToken: charsPerToken(key, LATIN) });
    expect(prefixChars).toBeLessThanOrEqual(MOST_SIDE_CHARS);
  });
});

describe('a count', () => {
  it('is wanted three times, and now and then later', () => {
    const { learn, wantsCount } = createTokenRatios();
    for (let count = 0; count < 3; count += 1) {
      expect(wantsCount(key)).toBe(true);
      learn(key, { chars: 4000, tokens: 1000 });
    }
    const later = Array.from({ length: 100 }, () => wantsCount(key));
    expect(later[0]).toBe(false);
    expect(later.indexOf(true)).toBeGreaterThan(20);
    learn(key, { chars: 4000, tokens: 1000 });
    expect(wantsCount(key)).toBe(false);
  });
});
