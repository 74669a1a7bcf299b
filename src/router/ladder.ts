// Runs the classifiers best first, each under its deadline; a late or failing one yields to the next and the
// decision says so. A late answer is kept and handed to `onLate`, for the conversation's next turn.
import { isAbort, withDeadline } from '../shared/abort';
import { messageOf, RouterError } from '../shared/errors';
import type { Classifier, ClassifierInput } from './ports';
import type { Classification, Degradation } from './types';

export interface LadderResult {
  readonly classification: Classification | undefined;
  readonly degraded: readonly Degradation[];
}

export interface LadderRun {
  readonly classifiers: readonly Classifier[];
  readonly input: ClassifierInput;
  /** Called when a classifier answers after its deadline has passed. */
  readonly onLate: (classification: Classification) => void;
}

export async function climb({ classifiers, input, onLate }: LadderRun, signal: AbortSignal): Promise<LadderResult> {
  const failures: { classifier: Classifier; error: unknown }[] = [];
  for (const classifier of classifiers) {
    try {
      const classification = await classifyInTime(classifier, { input, onLate }, signal);
      return { classification, degraded: failures.map((failure) => degradation(failure, classifier.id)) };
    } catch (error) {
      if (isAbort(error)) throw error;
      failures.push({ classifier, error });
    }
  }
  return { classification: undefined, degraded: failures.map((failure) => degradation(failure, 'none')) };
}

async function classifyInTime(
  classifier: Classifier,
  { input, onLate }: Pick<LadderRun, 'input' | 'onLate'>,
  signal: AbortSignal,
): Promise<Classification> {
  if (!Number.isFinite(classifier.deadlineMs)) return classifier.classify(input, signal);
  // The call itself is bound to the request's signal only, so that its late answer can still be of use.
  let late = false;
  const call = classifier.classify(input, signal);
  call.then(
    (classification) => {
      if (late) onLate(classification);
    },
    () => undefined,
  );
  try {
    return await withDeadline(classifier.deadlineMs, signal, () => call);
  } catch (error) {
    late = true;
    throw error;
  }
}

function degradation(failure: { classifier: Classifier; error: unknown }, used: string): Degradation {
  const { classifier, error } = failure;
  return RouterError.is(error, 'timeout')
    ? { kind: 'late', classifier: classifier.id, deadlineMs: classifier.deadlineMs, used }
    : { kind: 'failed', classifier: classifier.id, detail: messageOf(error), used };
}
