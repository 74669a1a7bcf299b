// Which classifiers a `--classifier` flag names.
import { createLexicalClassifier } from '../router/lexical';
import type { Classifier, Clock } from '../router/ports';
import { RouterError } from '../shared/errors';

export interface OpenClassifiers {
  /** Best first. */
  readonly classifiers: readonly Classifier[];
  close(): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Fine-grained clock for measuring; milliseconds from an arbitrary start. */
export const preciseClock: Clock = { now: () => performance.now() };

export function openClassifiers(flag: string): Promise<OpenClassifiers> {
  if (flag === 'auto' || flag === 'lexical') {
    return Promise.resolve({
      classifiers: [createLexicalClassifier(preciseClock)],
      close: () => Promise.resolve(),
    });
  }
  return Promise.reject(
    new RouterError('unsupported', `There is no classifier "${flag}". Use auto or lexical.`),
  );
}
