import { describe, expect, it } from 'vitest';
import { seeded } from '../../../src/cli/bench/completion-overruns';
import { EMPTY_FILTER, EVIDENCE, isWorthShowing, learnOutcome, likelihood, mayJudge, type FilterState, type ShowFacts } from '../../../src/learning/show-filter';

const long: ShowFacts = { chars: 300, lines: 8, shape: 'open', before: 0, typed: 0 };
const short: ShowFacts = { chars: 12, lines: 1, shape: 'rest', before: 20, typed: 3 };

/** A user who takes short ones and leaves long ones, most of the time; or one who tosses a coin. */
function taught(outcomes: number, wants: (facts: ShowFacts, chance: number) => boolean): FilterState {
  const random = seeded('user');
  let state = EMPTY_FILTER;
  for (let index = 0; index < outcomes; index += 1) {
    const facts = random() < 0.5 ? long : short;
    state = learnOutcome(state, facts, wants(facts, random()));
  }
  return state;
}
const picky = (facts: ShowFacts, chance: number): boolean => (facts === short ? chance < 0.9 : chance < 0.05);

describe('the filter of suggestions', () => {
  it('says nothing at first, and shows everything', () => {
    expect(likelihood(EMPTY_FILTER, long)).toBeUndefined();
    expect(isWorthShowing(EMPTY_FILTER, long, 1)).toBe(true);
  });

  it('says nothing before it has evidence', () => {
    expect(mayJudge(taught(EVIDENCE.outcomes - 1, picky))).toBe(false);
  });

  it('learns what one user leaves, and leaves it out', () => {
    const state = taught(400, picky);
    expect(mayJudge(state)).toBe(true);
    expect(likelihood(state, short)).toBeGreaterThan(0.6);
    expect(likelihood(state, long)).toBeLessThan(0.12);
    expect(isWorthShowing(state, short, 1)).toBe(true);
    expect(isWorthShowing(state, long, 1)).toBe(false);
  });

  it('shows one of eight all the same, so that it can learn that it errs', () => {
    const state = taught(400, picky);
    const shown = Array.from({ length: 16 }, (_, asked) => isWorthShowing(state, long, asked)).filter(Boolean);
    expect(shown).toHaveLength(2);
  });

  it('says nothing where it does no better than the plain share', () => {
    expect(mayJudge(taught(400, (_, chance) => chance < 0.3))).toBe(false);
  });

  it('says nothing about a user who takes all', () => {
    expect(mayJudge(taught(400, () => true))).toBe(false);
  });

  it('keeps a state that stays small', () => {
    const state = taught(2000, picky);
    expect(state.held.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(state).length).toBeLessThan(12_000);
  });
});
