import { describe, expect, it } from 'vitest';
import { createSurenessMeter } from '../../../src/completion/sureness';

function after(...told: readonly (readonly number[])[]) {
  const meter = createSurenessMeter();
  for (const one of told) meter.add(one);
  return meter.value();
}

describe('how sure a model was', () => {
  it('is unknown while nothing was told', () => {
    expect(after()).toBeUndefined();
    expect(after([], [Number.NaN])).toBeUndefined();
  });

  it('is the mean of its tokens, and the least likely of them', () => {
    expect(after([-0.5], [-1.5, -1])).toEqual({ mean: -1, least: -1.5 });
  });

  it('counts the first twelve tokens alone', () => {
    expect(after(Array<number>(11).fill(0), [-6, -9], [-9])).toEqual({ mean: -0.5, least: -6 });
  });

  it('bounds what servers write for a token that cannot be', () => {
    expect(after([-3.4e38])).toEqual({ mean: -20, least: -20 });
    expect(after([0.001])).toEqual({ mean: 0, least: 0 });
  });
});
