// Carries decisions out, watched over: what is broken rests, what is asked is written down, per conversation too.
import { runDecision, type RunEvent } from '../router/running/execute';
import { runFill } from '../router/running/fill';
import type { Resilience } from '../router/running/health';
import type { Backend, ChatCall, Clock, FimCall } from '../router/ports';
import type { ProviderKind, RouteRequest } from '../router/types';
import type { Log } from '../shared/log';
import type { Budget } from './budget';
import type { Agreed } from './privacy';

export interface RunsDeps {
  readonly backends: ReadonlyMap<ProviderKind, Backend>;
  readonly resilience: Resilience;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Runs {
  /** Which conversation a decision belongs to: later steps of a tool loop come with the decision alone. */
  belongs(request: RouteRequest): void;
  readonly run: (routed: Agreed, call: Omit<ChatCall, 'candidate'>, signal: AbortSignal) => AsyncIterable<RunEvent>;
  /** Ghost text of one model. Rejects with RouterError, or with an AbortError on abort. */
  readonly fill: (call: FimCall, signal: AbortSignal) => AsyncIterable<string>;
}

const KEPT = 500;

export function createRuns({ backends, resilience, budget, clock, log }: RunsDeps): Runs {
  const conversationOf = new Map<string, string>();
  const watched = { backends, resilience, record: budget.record, clock, log };
  return {
    belongs: ({ id, conversation }) => {
      if (conversation === undefined) return;
      conversationOf.set(id, conversation);
      const oldest = conversationOf.keys().next();
      if (conversationOf.size > KEPT && oldest.done !== true) conversationOf.delete(oldest.value);
    },
    run: ({ decision, candidates, secrets }, asked, signal) => {
      const call = { ...asked, ...(secrets ? { secrets } : {}) };
      return runDecision({ ...watched, decision, candidates, call, conversation: conversationOf.get(decision.id) }, signal);
    },
    fill: (asked, signal) => {
      const [candidate = asked.candidate] = resilience.endpointsOf(asked.candidate, undefined);
      const call = { ...asked, candidate };
      return runFill({ backend: backends.get(candidate.provider), call, clock, record: budget.record }, signal);
    },
  };
}
