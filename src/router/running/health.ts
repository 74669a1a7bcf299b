// Which models rest, and until when: a server that keeps failing, a quota that is used up, a limit with a reset time.
// A resting model is passed over with the reason in the decision; when all rest, the one that returns first is asked.
// What makes a model rest is decided by `retry.ts`; who counts is the `Resilience` port.
import type { RouterErrorCode } from '../../shared/errors';
import { messageOf, RouterError } from '../../shared/errors';
import type { Candidate, Reason } from '../types';

export interface Rest {
  /** Milliseconds since the epoch; from then on the model is asked again. */
  readonly untilMs: number;
  readonly code: RouterErrorCode;
}

/** Candidate id -> its rest, for those that rest now. */
export type Resting = ReadonlyMap<string, Rest>;

/** One question to one endpoint of a model. */
export interface AskedEndpoint {
  /** The candidate with the endpoint to be asked. */
  readonly candidate: Candidate;
  /** What stands ready should it fail; with less at hand it is worth waiting longer. */
  readonly otherwise: 'endpoint' | 'model' | 'nothing';
  /** Asked though it rests, because everything rests or the user named it. */
  readonly force: boolean;
  /** False when the server would keep something of each request, so that none may be sent twice. */
  readonly repeatable: boolean;
  /** Milliseconds since the epoch after which nothing is begun any more. */
  readonly untilMs: number;
}

/** Knows how endpoints have been doing. Failures of its own never reach a request. */
export interface Resilience {
  resting(candidates: readonly Candidate[]): Resting;
  /**
   * The endpoints of a model, each as a candidate, in the order to be asked: those that work by their share of the
   * load, then those that rest. A candidate with one endpoint is given back as it is.
   */
  endpointsOf(candidate: Candidate, conversation: string | undefined): readonly Candidate[];
  /**
   * Runs `work`, which resolves with the first word of an answer; runs it again, after a while, where that is safe.
   * Rejects with RouterError, or with an AbortError at once, waiting included.
   */
  ask<T>(asked: AskedEndpoint, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export interface PassedOver {
  readonly models: readonly string[];
  readonly reasons: readonly Reason[];
}

/** Puts resting models last, the one that returns first before the others, and says which ones lost their place. */
export function passOverResting(models: readonly string[], resting: Resting): PassedOver {
  const awake = models.filter((id) => !resting.has(id));
  const asleep = models.flatMap((id) => {
    const rest = resting.get(id);
    return rest ? [{ id, rest }] : [];
  });
  if (asleep.length === 0) return { models, reasons: [] };
  const byReturn = [...asleep].sort((a, b) => a.rest.untilMs - b.rest.untilMs).map(({ id }) => id);
  const order = [...awake, ...byReturn];
  const chosenAt = models.indexOf(order[0] ?? '');
  const lost = awake.length === 0 ? asleep : asleep.filter(({ id }) => models.indexOf(id) < chosenAt);
  return { models: order, reasons: lost.map(({ id, rest }): Reason => ({ kind: 'resting', model: id, ...rest })) };
}

const WHY: Partial<Record<RouterErrorCode, string>> = {
  quota: 'quota',
  rate_limited: 'rate limit',
  server: 'its server keeps failing',
  unreachable: 'its server cannot be reached',
  timeout: 'its server takes too long',
};

/** `team rests until 14:05 (quota)`. */
export function restText(model: string, { untilMs, code }: Rest, now: number): string {
  return `${model} rests until ${clockTime(untilMs, now)} (${WHY[code] ?? 'its server fails'})`;
}

/** What a request gets that would have asked a resting model. */
export function restError(model: string, rest: Rest, now: number): RouterError {
  return new RouterError(rest.code, `${restText(model, rest, now)}.`, { retryAfterMs: Math.max(0, rest.untilMs - now) });
}

/** Hours and minutes on this machine's clock, with the date when it is another day. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const sameDay = date.toDateString() === new Date(now).toDateString();
  return sameDay ? time : `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

export function asRouterError(error: unknown): RouterError {
  return RouterError.is(error) ? error : new RouterError('server', messageOf(error), { cause: error });
}
