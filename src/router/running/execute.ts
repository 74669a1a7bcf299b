// Carries a decision out. Every model is announced before it is asked. Before the first token a failure moves
// on to the next model of the decision, announced too; after it the error is the caller's, never a second
// answer glued on. The executed model is compared with the announced one.
import { isAbort, throwIfAborted } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import { begin, sameModel, type Begun } from './attempt';
import { asRouterError, type AskedEndpoint, type Resilience, type Resting } from './health';
import type { LedgerSink } from '../spending/ledger';
import type { Backend, ChatCall, ChatEvent, Clock } from '../ports';
import { isRepeatable, mayDependOnEndpoint } from './retry';
import type { Candidate, Decision, ProviderKind } from '../types';

export type RunEvent =
  | ChatEvent
  | { readonly type: 'announce'; readonly model: string }
  | { readonly type: 'switched'; readonly from: string; readonly to: string; readonly error: RouterError }
  | { readonly type: 'mismatch'; readonly announced: string; readonly executed: string };

export interface Run {
  readonly decision: Decision;
  readonly candidates: readonly Candidate[];
  readonly backends: ReadonlyMap<ProviderKind, Backend>;
  readonly call: Omit<ChatCall, 'candidate'>;
  readonly log: Log;
  readonly clock: Clock;
  /** Joins the requests of one conversation. */
  readonly conversation?: string | undefined;
  /** Asks again, rests and spreads; without it each model is asked once. */
  readonly resilience?: Resilience;
  /** Gets a row for each request to a model. */
  readonly record?: LedgerSink;
  /** Most milliseconds until the first word, all models together; two minutes when left out. */
  readonly firstWordMs?: number;
}

const FIRST_WORD_MS = 120_000;

/** Rejects with RouterError when no model of the decision answered, with an AbortError on abort. */
export async function* runDecision(run: Run, signal: AbortSignal): AsyncGenerator<RunEvent, void, undefined> {
  const order = modelsInOrder(run);
  const untilMs = run.clock.now() + (run.firstWordMs ?? FIRST_WORD_MS);
  const resting: Resting = run.resilience?.resting(order) ?? new Map();
  for (const [index, candidate] of order.entries()) {
    throwIfAborted(signal);
    yield { type: 'announce', model: candidate.id };
    const others = order.slice(index + 1);
    let begun: Begun;
    try {
      begun = await askModel(run, { candidate, others, resting, untilMs }, signal);
    } catch (error) {
      const next = others[0];
      if (isAbort(error) || !next || run.clock.now() >= untilMs) throw error;
      const failure = asRouterError(error);
      run.log.warn(`${run.decision.id}: ${candidate.id} failed (${failure.code}): ${failure.message}`);
      yield { type: 'switched', from: candidate.id, to: next.id, error: failure };
      continue;
    }
    yield* handOn(run, candidate, begun);
    return;
  }
}

function modelsInOrder(run: Run): Candidate[] {
  const { model, fallbacks } = run.decision;
  const order = (model === undefined ? [] : [model, ...fallbacks]).flatMap((id) => {
    const candidate = run.candidates.find((known) => known.id === id);
    return candidate ? [candidate] : [];
  });
  if (order.length === 0) throw new RouterError('refused', 'No model may serve this request.');
  return order;
}

interface Asking {
  readonly candidate: Candidate;
  /** Models that could answer instead. */
  readonly others: readonly Candidate[];
  readonly resting: Resting;
  readonly untilMs: number;
}

/** Asks a model at one endpoint after the other until one begins to answer. */
async function askModel(run: Run, { candidate, others, resting, untilMs }: Asking, signal: AbortSignal): Promise<Begun> {
  const backend = run.backends.get(candidate.provider);
  if (!backend) throw new RouterError('unsupported', `Nothing here can reach "${candidate.provider}" models.`);
  const endpoints = run.resilience?.endpointsOf(candidate, run.conversation) ?? [candidate];
  const asked = { repeatable: isRepeatable(run.call), untilMs };
  for (const endpoint of endpoints.slice(0, -1)) {
    try {
      return await askEndpoint(run, { asked: { ...asked, candidate: endpoint, otherwise: 'endpoint', force: false }, backend }, signal);
    } catch (error) {
      goesOn(run, endpoint, error);
    }
  }
  const last = endpoints.at(-1) ?? candidate;
  const otherwise = others.length > 0 ? 'model' : 'nothing';
  const force = others.every(({ id }) => resting.has(id));
  return askEndpoint(run, { asked: { ...asked, candidate: last, otherwise, force }, backend }, signal);
}

/** Throws what another endpoint could not do better. */
function goesOn(run: Run, { id, endpoint }: Candidate, error: unknown): void {
  if (!RouterError.is(error) || !mayDependOnEndpoint(error)) throw error;
  run.log.info(`${run.decision.id}: ${id} at ${endpoint} failed (${error.code}), its next endpoint is asked`);
}

interface ToAsk {
  readonly asked: AskedEndpoint;
  readonly backend: Backend;
}

function askEndpoint(run: Run, { asked, backend }: ToAsk, signal: AbortSignal): Promise<Begun> {
  const work = (): Promise<Begun> => attempt(run, { asked, backend }, signal);
  return run.resilience ? run.resilience.ask(asked, work, signal) : work();
}

/** Every request to a model for a chat passes here: retries, other endpoints and fallbacks too. */
async function attempt(run: Run, { asked: { candidate, untilMs }, backend }: ToAsk, signal: AbortSignal): Promise<Begun> {
  const { decision, conversation, clock } = run;
  const call: ChatCall = { ...run.call, candidate, decisionId: decision.id };
  const firstWordMs = Math.max(1, untilMs - clock.now());
  return begin({ decision, candidate, backend, call, conversation, clock, record: run.record ?? unrecorded, firstWordMs }, signal);
}

function unrecorded(): void {
  // Tests and the command line keep no ledger.
}

async function* handOn(run: Run, candidate: Candidate, begun: Begun): AsyncGenerator<RunEvent, void, undefined> {
  for await (const event of begun.rest()) {
    if (event.type === 'executed' && !sameModel(candidate, event.model)) {
      run.log.warn(`${run.decision.id}: announced ${candidate.id} (${candidate.model}), executed ${event.model}`);
      yield { type: 'mismatch', announced: candidate.id, executed: event.model };
    }
    yield event;
  }
}
