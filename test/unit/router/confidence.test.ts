import { describe, expect, it } from 'vitest';
import { confidenceOf } from '../../../src/router/choosing/decide';

const distribution = (...probabilities: number[]) => ({
  classifier: 'x',
  ms: 0,
  distribution: probabilities.map((probability, index) => ({ route: `r${index}`, probability })),
});

describe('confidence', () => {
  it.each([
    ['one route when the best is above the line', distribution(0.7, 0.2, 0.1), 'one_route'],
    ['a slate when the best three together are', distribution(0.4, 0.3, 0.1, 0.2), 'slate'],
    ['a question when not even they are', distribution(0.2, 0.15, 0.1, 0.1, 0.1), 'ask'],
  ])('is %s', (_, classification, expected) => {
    expect(confidenceOf(classification)).toBe(expected);
  });

  it("goes by the classifier's own calibration where it has one", () => {
    const thresholds = { one: 0.3, slate: 0.2 };
    expect(confidenceOf({ ...distribution(0.4, 0.3, 0.1), thresholds })).toBe('one_route');
  });
});
