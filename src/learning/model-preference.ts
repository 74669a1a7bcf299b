// Whose ghost text is taken more often, by language: told from outcomes in two halves. What one half suggests is said only
// when the other half, which it was not concluded from, proves it: the lower bound of one model's share lies above the
// upper bound of the other's (Wilson, J. Am. Stat. Assoc. 22, 1927). Silent until then.
import type { Proven } from '../router/choosing/pace';

interface Tally {
  readonly seen: number;
  readonly taken: number;
}

interface Halves {
  readonly model: string;
  readonly language: string;
  readonly learned: Tally;
  readonly held: Tally;
}

/** Kept on this machine; numbers only. Newest last. */
export type PreferenceState = readonly Halves[];

/** So many outcomes of each model in each half before anything is said. */
export const LEAST_OUTCOMES = 40;
/** Both halves of what lies back far count half: models and work change. */
const MOST_OUTCOMES = 400;
const MOST_KEPT = 100;
/** Two-sided 99 %: the question is put again with every outcome. */
const Z = 2.576;
const NONE: Tally = { seen: 0, taken: 0 };

export interface OfModel {
  /** Candidate id. */
  readonly model: string;
  /** VS Code language id. */
  readonly language: string;
}

export function learnTaken(state: PreferenceState, { model, language }: OfModel, taken: boolean): PreferenceState {
  const before = state.find((one) => one.model === model && one.language === language) ?? { model, language, learned: NONE, held: NONE };
  const isHeld = before.learned.seen > before.held.seen;
  const next = isHeld ? { ...before, held: counted(before.held, taken) } : { ...before, learned: counted(before.learned, taken) };
  return [...state.filter((one) => one !== before), faded(next)].slice(-MOST_KEPT);
}

export function provenIn(state: PreferenceState, language: string): readonly Proven[] {
  const known = state.filter((one) => one.language === language && one.held.seen >= LEAST_OUTCOMES && one.learned.seen >= LEAST_OUTCOMES);
  return known.flatMap((better) => known.flatMap((other) => proof(better, other)));
}

function proof(better: Halves, other: Halves): Proven[] {
  const suggested = share(better.learned) > share(other.learned);
  const { least } = bounds(better.held);
  const { most } = bounds(other.held);
  return suggested && least > most ? [{ model: better.model, over: other.model, least, most }] : [];
}

function counted({ seen, taken }: Tally, isTaken: boolean): Tally {
  return { seen: seen + 1, taken: taken + (isTaken ? 1 : 0) };
}

function faded(halves: Halves): Halves {
  const half = ({ seen, taken }: Tally): Tally => ({ seen: seen / 2, taken: taken / 2 });
  const { learned, held } = halves;
  return learned.seen + held.seen <= MOST_OUTCOMES ? halves : { ...halves, learned: half(learned), held: half(held) };
}

function share({ seen, taken }: Tally): number {
  return taken / seen;
}

function bounds(tally: Tally): { readonly least: number; readonly most: number } {
  const { seen } = tally;
  const middle = share(tally) + (Z * Z) / (2 * seen);
  const reach = Z * Math.sqrt((share(tally) * (1 - share(tally))) / seen + (Z * Z) / (4 * seen * seen));
  const whole = 1 + (Z * Z) / seen;
  return { least: (middle - reach) / whole, most: (middle + reach) / whole };
}
