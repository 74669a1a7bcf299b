// What may be asked again, how long that is worth waiting for, and what makes an endpoint or a model rest.
// Only before the first word of an answer: whoever calls this has seen none.
import { RouterError } from '../../shared/errors';
import type { AskedEndpoint, Rest } from './health';
import type { ChatCall } from '../ports';

/** Requests to one endpoint for one answer, the first included. */
export const MOST_TRIES = 3;
/** A longer wait than this is not waited for: the next endpoint or model answers. Milliseconds. */
const WORTH_WAITING: Record<AskedEndpoint['otherwise'], number> = { endpoint: 0, model: 3_000, nothing: 15_000 };
/** Where the server named no time. */
const REST_MS = { quota: 15 * 60_000, rate_limited: 20_000 } as const;
const MOST_REST_MS = 7 * 24 * 3_600_000;

/** Whether the same endpoint may be asked once more. */
export function mayAskAgain(error: unknown, { otherwise, repeatable }: Pick<AskedEndpoint, 'otherwise' | 'repeatable'>): boolean {
  if (!RouterError.is(error) || otherwise === 'endpoint') return false;
  if ((error.retryAfterMs ?? 0) > WORTH_WAITING[otherwise]) return false;
  // A refusal at the door: the server says that it did nothing.
  if (error.code === 'rate_limited' || error.status === 503 || error.status === 529) return true;
  return repeatable && (error.code === 'unreachable' || error.code === 'server');
}

/** Options by which a server keeps a request or acts on it, so that sending it twice does something twice. */
const KEPT = ['store', 'background', 'conversation', 'previous_response_id'];

/** A plain completion changes nothing at the server and may be sent again. */
export function isRepeatable({ options }: Pick<ChatCall, 'options'>): boolean {
  return KEPT.every((name) => options[name] === undefined || options[name] === false || options[name] === null);
}

/** How long a model rests after an error that says so itself; undefined when it does not have to. */
export function restAfter(error: RouterError, now: number): Rest | undefined {
  const { code, retryAfterMs } = error;
  if (code === 'quota' || code === 'rate_limited') {
    return { code, untilMs: now + Math.min(retryAfterMs ?? REST_MS[code], MOST_REST_MS) };
  }
  if (code === 'server' && retryAfterMs !== undefined) return { code, untilMs: now + Math.min(retryAfterMs, MOST_REST_MS) };
  return undefined;
}

/** What a failure says about: the whole endpoint, one model there, or only this request. */
export function blames(error: unknown): 'endpoint' | 'model' | 'request' {
  if (RouterError.is(error, 'unreachable')) return 'endpoint';
  if (RouterError.is(error, 'server') || RouterError.is(error, 'timeout') || RouterError.is(error, 'cut')) return 'model';
  return 'request';
}

/** Whether another endpoint of the same model could do better: its key, its limits and its state are its own. */
export function mayDependOnEndpoint(error: RouterError): boolean {
  return !(['bad_request', 'refused', 'private', 'unsupported', 'no_consent'] as const).some((code) => error.code === code);
}
