// The pipeline of ghost text over one request: gate, cache, debounce, context, prompt, route, stream, stop, trim, show.
// Each step that decides something has a file of its own; here is their order, and what happens to requests that are
// overtaken: a newer one takes over what still fits and ends the rest at once.
import { throwIfAborted } from '../shared/abort';
import { createCompletionCache, type CacheHit } from './cache';
import { createRhythm } from './debounce';
import { gate } from './gate';
import { startFilling, type Filling, type FillingPorts } from './filling';
import { lastLineOf } from './place';
import type { Completion, CompletionRequest, Skipped } from './request';
import { createUnwanted, type Unwanted } from './unwanted';
import { createTokenRatios } from './token-budget';

export interface CompleterPorts extends FillingPorts {
  /** Whether a suggestion is worth showing; all are when left out. */
  readonly worthShowing?: (hit: CacheHit, request: CompletionRequest) => boolean;
  readonly newId: () => string;
}

export interface Completer {
  /** Rejects with an AbortError when the signal aborts; every other failure is an outcome. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion | Skipped>;
  /** Asks ahead for what comes after a suggestion that is on screen. */
  askAhead(completion: Completion, request: CompletionRequest): void;
  /** The user does not want it: at this place it is not shown again by itself. */
  forget(id: string): void;
  /** Ends what is under way for a document, or for all, and forgets what was found: other models or rules hold now. */
  clear(document?: string): void;
  /** Ends what is under way for a document, or for all. */
  cancel(document?: string): void;
}

export function createCompleter(ports: CompleterPorts): Completer {
  const cache = createCompletionCache();
  const unwanted = createUnwanted();
  const rhythm = createRhythm();
  const ratios = createTokenRatios();
  const under = createUnderWay();

  const start = (request: CompletionRequest, waitMs: number, ahead: boolean): Filling =>
    startFilling({ id: ports.newId(), request, waitMs, ahead }, { ...ports, cache, ratios, answered: (ms) => { rhythm.answered(ms); } });

  const show = (hit: CacheHit, request: CompletionRequest, from: Completion['from']): Completion | Skipped =>
    whyHeldBack(hit, request, { ports, unwanted }) ?? { ...shown(hit, under), from };

  const ask = async (request: CompletionRequest, signal: AbortSignal): Promise<Completion | Skipped> => {
    const waitMs = request.manual ? 0 : rhythm.wait(lastLineOf(request.before), ports.mostWaitMs());
    const began = ports.now();
    let filling = under.takeOver(request) ?? under.begin(start(request, waitMs, false));
    let outcome = await filling.wait(request, signal);
    if (outcome === 'overtaken') {
      // It waited long enough while the other one was read.
      filling.cancel();
      filling = under.begin(start(request, Math.max(0, waitMs - (ports.now() - began)), false));
      outcome = await filling.wait(request, signal);
    }
    if (typeof outcome === 'object') return outcome;
    const found = cache.find(request);
    return found ? show(found, request, 'model') : { skipped: 'nothing_useful' };
  };

  return {
    complete: async (request, signal) => {
      throwIfAborted(signal);
      if (!request.manual) rhythm.key(ports.now());
      const skipped = gate(request);
      const hit = skipped === undefined ? cache.find(request) : undefined;
      if (hit || skipped !== undefined) under.keepOnly(request, hit);
      if (skipped !== undefined) return { skipped };
      return hit ? show(hit, request, 'cache') : ask(request, signal);
    },
    askAhead: ({ insertion }, request) => {
      if (under.isBusy() || insertion.replaces > 0) return;
      const next = { ...request, before: request.before + insertion.text, offset: request.offset + insertion.text.length };
      if (!cache.find(next)) under.beginAhead(start(next, 0, true));
    },
    forget: (id) => {
      under.cancel();
      unwanted.add(cache.forget(id));
    },
    clear: (document) => {
      under.cancel(document);
      cache.clear(document);
    },
    cancel: under.cancel,
  };
}

function whyHeldBack(
  hit: CacheHit,
  request: CompletionRequest,
  { ports, unwanted }: { readonly ports: CompleterPorts; readonly unwanted: Unwanted },
): Skipped | undefined {
  if (request.manual) return undefined;
  if (unwanted.has(request, hit.insertion.text)) return { skipped: 'unwanted' };
  return ports.worthShowing?.(hit, request) === false ? { skipped: 'filtered' } : undefined;
}

function shown({ entry, insertion, typed }: CacheHit, under: UnderWay): Omit<Completion, 'from'> {
  const { id, decisionId, model, complete, sureness } = entry;
  const more = complete ? undefined : under.moreOf(id);
  return { id, decisionId, model, insertion, typed, sureness, ...(more ? { more } : {}) };
}

/** What the user waits for, and what was asked ahead; at most one of each. */
interface UnderWay {
  /** The request that this one goes on from. All others end now. */
  takeOver(request: CompletionRequest): Filling | undefined;
  /** Ends what no longer fits. What was asked ahead stays while the suggestion before it is typed over. */
  keepOnly(request: CompletionRequest, hit: CacheHit | undefined): void;
  begin(filling: Filling): Filling;
  beginAhead(filling: Filling): void;
  isBusy(): boolean;
  moreOf(id: string): Promise<boolean> | undefined;
  readonly cancel: (document?: string) => void;
}

function createUnderWay(): UnderWay {
  let current: Filling | undefined;
  let ahead: Filling | undefined;
  const takeOver = (request: CompletionRequest): Filling | undefined => {
    const fits = [current, ahead].find((filling) => filling?.fits(request) === true);
    for (const filling of [current, ahead]) if (filling !== fits) filling?.cancel();
    current = fits;
    ahead = undefined;
    return fits;
  };
  return {
    takeOver,
    keepOnly: (request, hit) => {
      if (!hit || ahead?.follows(hit, request) !== true) takeOver(request);
    },
    begin: (filling) => {
      current = filling;
      return filling;
    },
    beginAhead: (filling) => {
      ahead = filling;
    },
    isBusy: () => ahead !== undefined || current?.isRunning() === true,
    moreOf: (id) => (current?.id === id ? current.more : undefined),
    cancel: (document) => {
      const ends = (filling: Filling | undefined): boolean => document === undefined || filling?.document === document;
      for (const filling of [current, ahead]) if (ends(filling)) filling?.cancel();
      if (ends(current)) current = undefined;
      if (ends(ahead)) ahead = undefined;
    },
  };
}
