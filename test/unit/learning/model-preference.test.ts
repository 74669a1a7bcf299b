import { describe, expect, it } from 'vitest';
import { LEAST_OUTCOMES, learnTaken, provenIn, type PreferenceState } from '../../../src/learning/model-preference';

/** So many more outcomes of a model; they go to the two halves in turn. */
function outcomes(state: PreferenceState, model: string, count: number, isTaken: (index: number) => boolean, language = 'go'): PreferenceState {
  let next = state;
  for (let index = 0; index < count; index += 1) next = learnTaken(next, { model, language }, isTaken(index));
  return next;
}

/** Both halves see the same share. */
const share = (of10: number) => (index: number) => Math.floor(index / 2) % 10 < of10;
const compared = (good: number, bad: number, count = 200): PreferenceState => outcomes(outcomes([], 'a', count, share(good)), 'b', count, share(bad));

describe('whose text is taken more often', () => {
  it('is said once both halves of the outcomes say so, with the bounds', () => {
    const [proof, ...others] = provenIn(compared(5, 1), 'go');
    expect(others).toEqual([]);
    expect(proof).toMatchObject({ model: 'a', over: 'b' });
    expect(proof?.least).toBeGreaterThan(proof?.most ?? 1);
    // Wilson's interval for 50 of 100 at 99 %.
    expect(proof?.least).toBeCloseTo(0.376, 2);
  });

  it.each([
    ['while the shares lie close together', compared(4, 3)],
    ['with too few outcomes', compared(9, 0, 2 * LEAST_OUTCOMES - 2)],
    ['of models that were used in other languages', outcomes(outcomes([], 'a', 200, share(5)), 'b', 200, share(1), 'rust')],
  ])('is not said %s', (_, state) => {
    expect(provenIn(state, 'go')).toEqual([]);
  });

  it('is not said when only the half that suggested it says so', () => {
    // Odd outcomes are the held half.
    const learnedOnly = outcomes(outcomes([], 'a', 200, (index) => index % 2 === 0), 'b', 200, () => false);
    
    expect(provenIn(learnedOnly, 'go')).toEqual([]);

  });

  it('follows a user who changes his mind', () => {
    const before = compared(5, 1, 400);
    const after = outcomes(before, 'a', 1200, share(1));
    expect(provenIn(before, 'go')).toHaveLength(1);
    expect(provenIn(after, 'go')).toEqual([]);
  });

  it('keeps a bounded number of models', () => {
    let state: PreferenceState = [];
    for (let index = 0; index < 300; index += 1) state = outcomes(state, `m${String(index)}`, 1, () => true);
    expect(state).toHaveLength(100);
  });
});
