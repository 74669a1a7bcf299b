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

  it('learns that this user takes what the model is sure of', () => {
    const told = (mean: number, least: number): ShowFacts => ({ ...short, sureness: { mean, least } });
    const [sure, unsure] = [told(-0.05, -0.3), told(-1.6, -4.5)];
    const random = seeded('sure');
    let state = EMPTY_FILTER;
    for (let index = 0; index < 500; index += 1) {
      const facts = random() < 0.5 ? sure : unsure;
      state = learnOutcome(state, facts, random() < (facts === sure ? 0.8 : 0.03));
    }
    expect(mayJudge(state)).toBe(true);
    expect(likelihood(state, sure)).toBeGreaterThan(0.5);
    expect(likelihood(state, unsure)).toBeLessThan(0.12);
    expect(isWorthShowing(state, unsure, 1)).toBe(false);
    const unknown = likelihood(state, short)!;
    expect(unknown).toBeGreaterThan(likelihood(state, unsure)!);
    expect(unknown).toBeLessThan(likelihood(state, sure)!);
  });

  it('goes on from a state that was learned before models told how sure they were', () => {
    const whole = taught(400, picky);
    const old = { ...whole, weights: whole.weights.slice(0, -3) };
    expect(mayJudge(old)).toBe(true);
    expect(likelihood(old, short)).toBeCloseTo(likelihood(whole, short)!, 6);
    const sure = { ...short, sureness: { mean: -0.1, least: -0.2 } };
    expect(likelihood(old, sure)).toBeCloseTo(likelihood(old, short)!, 6);
    expect(learnOutcome(old, sure, true).weights).toHaveLength(whole.weights.length);
  });

  it('keeps a state that stays small', () => {
    const state = taught(2000, picky);
    expect(state.held.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(state).length).toBeLessThan(12_000);
  });
});
