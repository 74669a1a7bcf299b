// One request on its way to a model: wait, context, route, prompt, stream, stop. What comes goes into the cache, from
// where it is shown; the caller may go and another one may wait on.
import type { FimCall, FimExtra, FimNote } from '../router/ports';
import { leavesMachine } from '../router/choosing/rules';
import type { Candidate } from '../router/types';
import { abortError, isAbort } from '../shared/abort';
import { messageOf } from '../shared/errors';
import { typedSince, type CacheHit, type CompletionCache } from './cache';
import { callFor, tokenKey } from './call';
import { placeOf, firstLineOf } from './place';
import type { CompletionRequest, Skipped } from './request';
import { createStop, type Stop } from './stop';
import { createSurenessMeter, type SurenessMeter } from './sureness';
import type { Syntax } from './syntax';
import type { TokenRatios } from './token-budget';
import type { Insertion } from './trim';

/** Which models to ask, in order, and under which decision. */
export interface Plan {
  readonly decisionId: string;
  readonly models: readonly Candidate[];
  /** Why there is none, in words for the user. */
  readonly why?: string;
}

export interface FillingPorts {
  /** Milliseconds. */
  readonly now: () => number;
  /** Rejects with an AbortError as soon as the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Text of other places that helps; has its own deadline and never rejects but for an abort. */
  readonly context: (request: CompletionRequest, signal: AbortSignal) => Promise<readonly FimExtra[]>;
  /** Waits for no classifier. `extra` counts: rules hold for every file whose text goes along. */
  readonly route: (request: CompletionRequest, extra: readonly FimExtra[], signal: AbortSignal) => Promise<Plan>;
  readonly fill: (call: FimCall, signal: AbortSignal) => AsyncIterable<string>;
  /** Told of each model that is asked, and how it went. */
  readonly asked?: (candidate: Candidate, state: 'asking' | 'answered' | { readonly failed: string }) => void;
  readonly syntax?: Syntax;
  /** Most milliseconds to wait for a pause. */
  readonly mostWaitMs: () => number;
  readonly maxTokens: () => number;
}

export interface Filling {
  readonly id: string;
  readonly document: string;
  /** True when what was typed since it was asked may still be what it brings. */
  fits(request: CompletionRequest): boolean;
  /** True when it was asked ahead, for the text behind this suggestion. */
  follows(hit: CacheHit, request: CompletionRequest): boolean;
  isRunning(): boolean;
  /**
   * Resolves when something can be shown: `shown`, which may not fit what was typed since; else why not. `overtaken`
   * as soon as what comes is not what was typed. After an abort it lives on for a moment.
   */
  wait(request: CompletionRequest, signal: AbortSignal): Promise<'shown' | 'overtaken' | Skipped>;
  /** True when more has come since something could be shown; false when it was given up. */
  readonly more: Promise<boolean>;
  cancel(): void;
}

export interface Asked {
  readonly id: string;
  readonly request: CompletionRequest;
  readonly waitMs: number;
  /** Nobody waits for it yet: it may cost nothing, so models elsewhere are not asked. */
  readonly ahead: boolean;
}

interface Deps extends FillingPorts {
  readonly cache: CompletionCache;
  readonly ratios: TokenRatios;
  readonly answered: (latencyMs: number) => void;
}

/** Its caller has gone because a key was pressed; VS Code asks again after 50 ms, and that may fit. */
const GRACE_MS = 150;
/** So much may be typed before the first word has come; behind that, a new request knows better. */
const MOST_TYPED_CHARS = 12;
/** A line that stands complete is shown after so long, while the rest still comes. */
const EARLY_MS = 250;

type Outcome = 'shown' | 'overtaken' | Skipped;

interface Waiter {
  readonly request: CompletionRequest;
  readonly tell: (outcome: Outcome) => void;
}

interface Task extends Asked {
  readonly deps: Deps;
  readonly signal: AbortSignal;
  readonly state: State;
}

interface State {
  /** False while it waits for a pause. */
  sent: boolean;
  /** What the model wrote so far, and what of it was shown before it had ended. */
  written: string;
  early: string;
  running: boolean;
  /** Set when something can be shown, or nothing will be. */
  outcome: Outcome | undefined;
  readonly waiters: Set<Waiter>;
}

export function startFilling(asked: Asked, deps: Deps): Filling {
  const { id, request } = asked;
  const controller = new AbortController();
  const { signal } = controller;
  const state: State = { sent: false, written: '', early: '', running: true, outcome: undefined, waiters: new Set() };
  const ended = run({ ...asked, deps, signal, state }).catch(
    (error: unknown): Outcome => (isAbort(error) ? { skipped: 'superseded' } : { skipped: 'failed', detail: messageOf(error) }),
  );
  const finished = ended.then((outcome) => {
    state.running = false;
    tellAll(state, outcome);
  });
  const cancel = (): void => {
    if (state.running) controller.abort();
  };
  return {
    id,
    document: request.document,
    more: finished.then(() => !signal.aborted && state.early !== '' && state.written.length > state.early.length),
    isRunning: () => state.running,
    fits: (next) => state.sent && state.running && !signal.aborted && mayBring(request, state.written, next),
    follows: (hit, next) => request.document === next.document && request.offset === next.offset + hit.insertion.text.length,
    wait: async (next, caller) => {
      const waiter = waitIn(state, next);
      try {
        return await untilAbort(waiter.outcome, caller);
      } finally {
        state.waiters.delete(waiter);
        if (caller.aborted) void leave(state, { deps, signal, cancel });
      }
    },
    cancel,
  };
}

/** Whether what the model wrote and may yet write is what was typed meanwhile. */
function mayBring(at: CompletionRequest, written: string, next: CompletionRequest): boolean {
  const typed = typedSince(at, next, Math.max(MOST_TYPED_CHARS, written.length));
  if (typed === undefined || firstLineOf(at.after) !== firstLineOf(next.after)) return false;
  return written.startsWith(typed) || (typed.startsWith(written) && typed.length <= MOST_TYPED_CHARS && !typed.includes('\n'));
}

function waitIn(state: State, request: CompletionRequest): Waiter & { readonly outcome: Promise<Outcome> } {
  let tell: Waiter['tell'] = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    tell = resolve;
  });
  const waiter = { request, tell, outcome };
  if (state.outcome === undefined) state.waiters.add(waiter);
  else tell(state.outcome);
  return waiter;
}

function tellAll(state: State, outcome: Outcome): void {
  state.outcome ??= outcome;
  for (const { tell } of state.waiters) tell(outcome);
}

/** Nobody waits any more: it ends unless somebody comes soon. */
async function leave(state: State, { deps, signal, cancel }: { deps: Deps; signal: AbortSignal; cancel: () => void }): Promise<void> {
  if (state.sent) await deps.sleep(GRACE_MS, signal).catch(() => undefined);
  if (state.waiters.size === 0) cancel();
}

/** `shown` when something was put into the cache, or nothing belongs there; else why not. */
async function run(task: Task): Promise<Outcome> {
  const { deps, request, signal } = task;
  await deps.sleep(task.waitMs, signal);
  task.state.sent = true;
  const extra = await deps.context(request, signal);
  const plan = await deps.route(request, extra, signal);
  let failed: Skipped = { skipped: 'no_model', ...(plan.why === undefined ? {} : { detail: plan.why }) };
  for (const candidate of plan.models.filter((one) => !task.ahead || !leavesMachine(one))) {
    try {
      await read(task, plan, callFor({ request, extra, maxTokens: deps.maxTokens(), ratios: deps.ratios }, candidate));
      return 'shown';
    } catch (error) {
      if (isAbort(error)) throw error;
      deps.asked?.(candidate, { failed: messageOf(error) });
      failed = { skipped: 'failed', detail: messageOf(error) };
    }
  }
  return failed;
}

async function read(task: Task, { decisionId }: Plan, call: FimCall): Promise<void> {
  const { deps, id, request, signal, state } = task;
  const model = call.candidate.id;
  const meter = createSurenessMeter();
  const put = (insertion: Insertion, complete: boolean): void => {
    state.written = insertion.text;
    if (insertion.text !== '') deps.cache.put({ id, decisionId, model, at: request, insertion, complete, sureness: meter.value() });
  };
  deps.asked?.(call.candidate, 'asking');
  const began = deps.now();
  const stop = createStop(placeOf(request), deps.syntax);
  for await (const piece of deps.fill({ ...call, decisionId, note: noteIn(task, call.candidate, meter) }, signal)) {
    if (stop.raw() === '') deps.answered(deps.now() - began);
    if (stop.add(piece)) break;
    state.written = stop.raw();
    tellOvertaken(task);
    if (piece.includes('\n') && deps.now() - began >= EARLY_MS) showLines(task, stop, put);
  }
  deps.asked?.(call.candidate, 'answered');
  put(stop.insertion(), true);
}

function noteIn({ deps, request }: Task, candidate: Candidate, meter: SurenessMeter): (note: FimNote) => void {
  return (note) => {
    if (note.kind === 'counted') deps.ratios.learn(tokenKey(candidate, request.language), note);
    else meter.add(note.logProbabilities);
  };
}

function tellOvertaken({ state, request }: Task): void {
  for (const waiter of state.waiters) if (!mayBring(request, state.written, waiter.request)) waiter.tell('overtaken');
}

function showLines({ state }: Task, stop: Stop, put: (insertion: Insertion, complete: boolean) => void): void {
  if (state.early !== '') return;
  const lines = stop.wholeLines();
  if (lines.text.trim() === '') return;
  state.early = lines.text;
  put(lines, false);
  tellAll(state, 'shown');
}

function untilAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(abortError(signal));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
