// How sure a model was of what it wrote, by the probabilities of its first tokens where its server tells them.
import type { Sureness } from '../router/ports';

export interface SurenessMeter {
  readonly add: (logProbabilities: readonly number[]) => void;
  /** Undefined while nothing was told. */
  readonly value: () => Sureness | undefined;
}

/** What is written after them was not known when it was decided what to show. */
const FIRST_TOKENS = 12;
/** Some servers write the least number there is for a token that cannot be. */
const LEAST = -20;

export function createSurenessMeter(): SurenessMeter {
  let count = 0;
  let sum = 0;
  let least = 0;
  return {
    add: (logProbabilities) => {
      for (const one of logProbabilities.slice(0, FIRST_TOKENS - count)) {
        if (Number.isNaN(one)) continue;
        const bounded = Math.min(0, Math.max(LEAST, one));
        count += 1;
        sum += bounded;
        least = Math.min(least, bounded);
      }
    },
    value: () => (count === 0 ? undefined : { mean: sum / count, least }),
  };
}
