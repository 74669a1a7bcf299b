// Whether a suggestion is likely to be wanted: a logistic regression on a few facts about it, learned on this machine
// from what one user did with earlier ones. Silent until it has evidence, and only while it does better on outcomes that
// it did not learn from than the plain share of accepted ones does. (After arXiv 2511.18849 and 2601.20223: such facts,
// without code or prompt text, are enough to leave out many suggestions that would be rejected.)

import type { Sureness } from '../router/ports';

export interface ShowFacts {
  /** Characters and lines of the suggestion. */
  readonly chars: number;
  readonly lines: number;
  /** Where the cursor stands. */
  readonly shape: 'open' | 'lines' | 'rest' | 'inside';
  /** Characters before the cursor on its line, white space left out. */
  readonly before: number;
  /** Characters of the suggestion that were typed already. */
  readonly typed: number;
  /** How sure the model was; undefined where nobody tells. */
  readonly sureness?: Sureness | undefined;
}

export interface FilterState {
  /** In the order of the features; a state from before the newest of them has fewer. */
  readonly weights: readonly number[];
  /** Accepted, of the latest: newest last. */
  readonly recent: readonly boolean[];
  /** Outcomes that were not learned from: what was predicted for them before, and what came. */
  readonly held: readonly { readonly predicted: number; readonly base: number; readonly wanted: boolean }[];
  readonly seen: number;
  readonly wanted: number;
}

/** So many outcomes, of them at least so many of each kind, before it says anything. */
export const EVIDENCE = { outcomes: 80, ofEach: 15, held: 20 } as const;
/** Less likely ones are left out, but one of eight is shown all the same: else it would never learn that it errs. */
const LEAST_LIKELY = 0.12;
const SHOWN_ANYWAY = 8;
const LEARNING_RATE = 0.08;
const DECAY = 0.0005;
const KEPT_RECENT = 20;
const KEPT_HELD = 100;
/** Every fifth outcome is only predicted. */
const HELD_EVERY = 5;
/** How much better than the plain share it has to be, in log loss. */
const LEAST_GAIN = 0.03;
const SHAPES = ['open', 'lines', 'rest', 'inside'] as const;

export const EMPTY_FILTER: FilterState = { weights: [], recent: [], held: [], seen: 0, wanted: 0 };

export function learnOutcome(state: FilterState, facts: ShowFacts, wanted: boolean): FilterState {
  const features = featuresOf(state, facts);
  const predicted = sigmoid(dot(state.weights, features));
  const isHeld = state.seen % HELD_EVERY === HELD_EVERY - 1;
  const step = LEARNING_RATE * ((wanted ? 1 : 0) - predicted);
  const weights = features.map((value, index) => (state.weights[index] ?? 0) * (1 - DECAY) + step * value);
  return {
    weights: isHeld ? state.weights : weights,
    recent: [...state.recent, wanted].slice(-KEPT_RECENT),
    held: isHeld ? [...state.held, { predicted, base: baseRate(state), wanted }].slice(-KEPT_HELD) : state.held,
    seen: state.seen + 1,
    wanted: state.wanted + (wanted ? 1 : 0),
  };
}

/** Probability that it is wanted; undefined while the filter has no right to speak. */
export function likelihood(state: FilterState, facts: ShowFacts): number | undefined {
  return mayJudge(state) ? sigmoid(dot(state.weights, featuresOf(state, facts))) : undefined;
}

/** `asked`: how many suggestions were asked about so far; one of eight unlikely ones is shown. */
export function isWorthShowing(state: FilterState, facts: ShowFacts, asked: number): boolean {
  const likely = likelihood(state, facts);
  return likely === undefined || likely >= LEAST_LIKELY || asked % SHOWN_ANYWAY === 0;
}

export function mayJudge({ seen, wanted, held }: FilterState): boolean {
  const enough = seen >= EVIDENCE.outcomes && wanted >= EVIDENCE.ofEach && seen - wanted >= EVIDENCE.ofEach && held.length >= EVIDENCE.held;
  return enough && loss(held, ({ base }) => base) - loss(held, ({ predicted }) => predicted) >= LEAST_GAIN;
}

type Held = FilterState['held'][number];

function loss(held: readonly Held[], of: (one: Held) => number): number {
  return held.reduce((sum, one) => sum - Math.log(one.wanted ? of(one) : 1 - of(one)), 0) / held.length;
}

/** With one of each kind imagined, so that it is never 0 or 1. */
function baseRate({ seen, wanted }: FilterState): number {
  return (wanted + 1) / (seen + 2);
}

/** New ones stand last: weights that were learned before keep their places. */
function featuresOf({ recent }: FilterState, { chars, lines, shape, before, typed, sureness }: ShowFacts): number[] {
  const lately = recent.length === 0 ? 0.5 : recent.filter(Boolean).length / recent.length;
  return [
    1,
    Math.log1p(chars) / 4,
    Math.log1p(lines),
    Math.log1p(before) / 3,
    Math.min(1, typed / 10),
    lately - 0.5,
    ...SHAPES.map((one) => (one === shape ? 1 : 0)),
    ...sureFeatures(sureness),
  ];
}

/**
 * Whether it is known at all, the geometric mean of the probabilities, and the least of them: 1 for a model that is
 * certain, 0 for the usual doubt, below for more. All 0 where it is not known, so that the other features alone decide.
 */
function sureFeatures(sureness: Sureness | undefined): number[] {
  return sureness === undefined ? [0, 0, 0] : [1, 2.5 * (Math.exp(sureness.mean) - 0.6), Math.max(-1, 1 + sureness.least / 2)];
}

function dot(weights: readonly number[], features: readonly number[]): number {
  return features.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);
}

/** Never quite 0 or 1, so that one surprise does not cost infinitely much. */
function sigmoid(value: number): number {
  return Math.min(0.99, Math.max(0.01, 1 / (1 + Math.exp(-value))));
}
