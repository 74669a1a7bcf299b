// One request on its way to a model: wait, context, route, prompt, stream, stop. What comes goes into the cache, from
// where it is shown; the caller may go and another one may wait on.
import type { FimCall, FimExtra } from '../router/ports';
import { leavesMachine } from '../router/rules';
import type { Candidate } from '../router/types';
import { abortError, isAbort } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { CacheHit, CompletionCache } from './cache';
import { typedSince } from './cache';
import { DEFAULT_BUDGET, windowAround } from './context';
import { placeOf, shapeOf, firstLineOf } from './place';
import type { CompletionRequest, Skipped } from './request';
import { createStop, type Stop } from './stop';
import type { Syntax } from './syntax';
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
  /** True when the text before the cursor is what it was asked for, and since then what it brought. */
  fits(request: CompletionRequest): boolean;
  /** True when it was asked ahead, for the text behind this suggestion. */
  follows(hit: CacheHit, request: CompletionRequest): boolean;
  isRunning(): boolean;
  /** Resolves when something can be shown: undefined then, else why not. After an abort it lives on for `graceMs`. */
  wait(signal: AbortSignal, graceMs: number): Promise<Skipped | undefined>;
  /** True when more has come since something could be shown. */
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
  readonly answered: (latencyMs: number) => void;
}

/** A line that stands complete is shown after so long, while the rest still comes. */
const EARLY_MS = 250;
/** Inside a line there is little to write. */
const INSIDE_TOKENS = 64;

interface Task extends Asked {
  readonly deps: Deps;
  readonly signal: AbortSignal;
  readonly state: State;
  /** Something can be shown, or nothing will be. The first call counts. */
  readonly showFirst: (outcome: Skipped | undefined) => void;
}

interface State {
  /** What the model wrote so far, and what of it was shown before it had ended. */
  written: string;
  early: string;
  running: boolean;
}

export function startFilling(asked: Asked, deps: Deps): Filling {
  const { id, request } = asked;
  const controller = new AbortController();
  const { signal } = controller;
  const state: State = { written: '', early: '', running: true };
  const { promise: first, resolve: showFirst } = withResolver<Skipped | undefined>();
  const ended = run({ ...asked, deps, signal, state, showFirst }).finally(() => {
    state.running = false;
  });
  ended.then(showFirst, (error: unknown) => {
    showFirst(isAbort(error) ? { skipped: 'superseded' } : { skipped: 'failed', detail: messageOf(error) });
  });
  let waiting = 0;

  /** Nobody waits: what has brought nothing ends now, the rest unless somebody comes. */
  async function leave(graceMs: number): Promise<void> {
    if (state.written !== '') await deps.sleep(graceMs, signal).catch(() => undefined);
    if (waiting === 0 && state.running) controller.abort();
  }

  return {
    id,
    more: ended.then(
      () => state.early !== '' && state.written.length > state.early.length,
      () => false,
    ),
    isRunning: () => state.running,
    fits: (next) => state.running && !signal.aborted && typedSince(request, state.written, next) !== undefined && sameAfter(request, next),
    follows: (hit, next) => request.document === next.document && request.offset === next.offset + hit.insertion.text.length,
    wait: async (caller, graceMs) => {
      waiting += 1;
      try {
        return await untilAbort(first, caller);
      } finally {
        waiting -= 1;
        if (caller.aborted && waiting === 0) void leave(graceMs);
      }
    },
    cancel: () => {
      if (state.running) controller.abort();
    },
  };
}

/** Undefined when something was put into the cache, or nothing belongs there; else why not. */
async function run(task: Task): Promise<Skipped | undefined> {
  const { deps, request, signal } = task;
  await deps.sleep(task.waitMs, signal);
  const extra = await deps.context(request, signal);
  const plan = await deps.route(request, extra, signal);
  let failed: Skipped = { skipped: 'no_model', ...(plan.why === undefined ? {} : { detail: plan.why }) };
  for (const candidate of plan.models.filter((one) => !task.ahead || !leavesMachine(one))) {
    try {
      await read(task, plan, callFor(request, candidate, { extra, maxTokens: deps.maxTokens() }));
      return undefined;
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
  const put = (insertion: Insertion, complete: boolean): void => {
    state.written = insertion.text;
    if (insertion.text !== '') deps.cache.put({ id, decisionId, model, at: request, insertion, complete });
  };
  deps.asked?.(call.candidate, 'asking');
  const began = deps.now();
  const stop = createStop(placeOf(request), deps.syntax);
  for await (const piece of deps.fill(call, signal)) {
    if (stop.raw() === '') deps.answered(deps.now() - began);
    if (stop.add(piece)) break;
    state.written = stop.raw();
    if (state.early === '' && piece.includes('\n') && deps.now() - began >= EARLY_MS) showLines(task, stop, put);
  }
  deps.asked?.(call.candidate, 'answered');
  put(stop.insertion(), true);
}

function showLines({ state, showFirst }: Task, stop: Stop, put: (insertion: Insertion, complete: boolean) => void): void {
  const lines = stop.wholeLines();
  if (lines.text.trim() === '') return;
  state.early = lines.text;
  put(lines, false);
  showFirst(undefined);
}

interface WithResolver<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function withResolver<T>(): WithResolver<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((accept) => {
    resolve = accept;
  });
  return { promise, resolve };
}

function sameAfter(then: CompletionRequest, now: CompletionRequest): boolean {
  return firstLineOf(then.after) === firstLineOf(now.after);
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

interface Sizes {
  readonly extra: readonly FimExtra[];
  readonly maxTokens: number;
}

function callFor(request: CompletionRequest, candidate: Candidate, { extra, maxTokens }: Sizes): FimCall {
  const { before, after, path, language } = request;
  const inside = shapeOf(before.slice(before.lastIndexOf('\n') + 1), firstLineOf(after)) === 'inside';
  return {
    candidate,
    ...windowAround(before, after, DEFAULT_BUDGET),
    path,
    language,
    extra,
    maxTokens: inside ? Math.min(maxTokens, INSIDE_TOKENS) : maxTokens,
    stop: inside ? ['\n'] : [],
  };
}
