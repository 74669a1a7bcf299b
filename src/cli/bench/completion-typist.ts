// A person who writes the middles of the cases, key by key, with pauses, slips and an eye on the ghost text. Repeatable:
// everything by chance comes from one seed.
import { seeded } from './completion-overruns';

/** Medians, in milliseconds. Sixty words a minute are 200 ms a key; pauses at the start of a line and behind signs. */
export const HABITS = {
  keyMs: 190,
  keySpread: 0.45,
  thinkMs: 900,
  thinkAtLine: 0.6,
  thinkAfterSign: 0.12,
  slip: 0.03,
  /** Share of right suggestions that are accepted, the others are typed over. */
  accepts: 0.7,
  /** Between seeing a suggestion and Tab. */
  reactionMs: 600,
  /** Of those that accept, so many take it word by word. */
  byWord: 0.15,
} as const;

export interface Typist {
  /** Milliseconds until the next key. */
  pauseBefore(next: string, written: string): number;
  slips(): boolean;
  /** Milliseconds until a right suggestion is accepted; undefined when it is typed over. */
  reaction(): number | undefined;
  byWord(): boolean;
}

export function createTypist(seed: string): Typist {
  const random = seeded(seed);
  /** Log-normal, by the sum of twelve uniform numbers. */
  const around = (median: number, spread: number): number => {
    let sum = -6;
    for (let index = 0; index < 12; index += 1) sum += random();
    return median * Math.exp(spread * sum);
  };
  return {
    pauseBefore: (next, written) => {
      const atLine = written.endsWith('\n') || /\n[ \t]*$/u.test(written);
      const thinks = random() < (atLine ? HABITS.thinkAtLine : /[(){};:,=]$/u.test(written) && /\S/u.test(next) ? HABITS.thinkAfterSign : 0);
      return around(HABITS.keyMs, HABITS.keySpread) + (thinks ? around(HABITS.thinkMs, 0.5) : 0);
    },
    slips: () => random() < HABITS.slip,
    reaction: () => (random() < HABITS.accepts ? around(HABITS.reactionMs, 0.3) : undefined),
    byWord: () => random() < HABITS.byWord,
  };
}
