// What a failed request means for the user, and whether trying again can help. Decides by status and error codes.
import { RouterError, type RouterErrorCode } from '../../shared/errors';
import { toRouterError } from '../errors';
import { hostOf } from '../locality';
import { retryAfterMs } from '../retry-after';
import type { DownloadTiming } from './types';

const CLOSED_NETWORK = 'In a closed network, set http.proxy or fairlead.localModels.mirror, or choose “Use a File I Have”.';

interface Advice {
  readonly code: RouterErrorCode;
  readonly text: string;
}

const BY_STATUS: Readonly<Record<number, Advice>> = {
  401: {
    code: 'unauthorized',
    text: 'wants a sign-in for this file. Its publisher may ask you to accept terms: open the model’s page, download the file in the browser, and choose “Use a File I Have”',
  },
  403: {
    code: 'unauthorized',
    text: 'does not let you have this file. The model’s page, or whoever runs your proxy or mirror, says why. You can download it in the browser and choose “Use a File I Have”',
  },
  404: {
    code: 'not_found',
    text: 'has no such file. It may have been renamed, or your mirror lacks it: look at the model’s page, and at fairlead.localModels.mirror if you set one',
  },
  408: { code: 'timeout', text: 'waited too long for the request' },
  429: { code: 'rate_limited', text: 'takes no more downloads from you for now' },
  451: { code: 'unauthorized', text: 'may not give this file to you, for legal reasons' },
};

/** The error of an answer that is neither the file nor a redirect. */
export function statusFailure(response: Response, url: string): RouterError {
  const { status } = response;
  const wait = retryAfterMs(response.headers, Date.now());
  const advice = BY_STATUS[status === 410 ? 404 : status] ?? otherwise(status);
  const when = wait === undefined ? '' : ` It asks to wait ${Math.ceil(wait / 1000)} s.`;
  return new RouterError(advice.code, `${hostOf(url)} ${advice.text} (status ${status}).${when}`, {
    status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

function otherwise(status: number): Advice {
  if (status >= 500) return { code: 'server', text: 'has trouble of its own. Try again later' };
  if (status < 400) return { code: 'malformed', text: 'sent an answer that is not the file' };
  return { code: 'bad_request', text: 'refused the request' };
}

/** The error of a connection that failed or broke. An AbortError stays what it is. */
export function connectionFailure(error: unknown, url: string, answering: boolean): Error {
  const failure = toRouterError(error, { endpoint: url, answering });
  if (!RouterError.is(failure, 'unreachable')) return failure;
  return new RouterError('unreachable', `${failure.message} ${CLOSED_NETWORK}`, { cause: failure.cause });
}

const PASSING: ReadonlySet<RouterErrorCode> = new Set(['cut', 'timeout', 'server', 'rate_limited', 'unreachable']);
/** What ends the same way however often it is tried. */
const LASTING = /^(?:CERT_|ERR_SSL_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/u;

/** Milliseconds until the next try after so many failures in a row; undefined when trying again is no use. */
export function retryDelay(error: unknown, failures: number, timing: DownloadTiming): number | undefined {
  if (!RouterError.is(error) || !PASSING.has(error.code) || failures >= timing.failures) return undefined;
  if (codesOf(error).some((code) => LASTING.test(code))) return undefined;
  const backoff = Math.min(timing.longestRetryMs, timing.firstRetryMs * 2 ** (failures - 1));
  if (error.retryAfterMs === undefined) return backoff;
  return error.retryAfterMs > timing.longestRetryAfterMs ? undefined : Math.max(backoff, error.retryAfterMs);
}

function codesOf(error: Error): string[] {
  const codes: string[] = [];
  for (let link: unknown = error.cause, depth = 0; typeof link === 'object' && link !== null && depth < 8; depth += 1) {
    const { code, cause } = link as { code?: unknown; cause?: unknown };
    if (typeof code === 'string') codes.push(code);
    link = cause;
  }
  return codes;
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** RouterError `disk` for what the file system refused; anything else stays what it is. */
export function diskFailure(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string' || RouterError.is(error)) return error;
  if (NO_SPACE.has(code)) {
    return new RouterError('disk', `The disk of ${path} is full. Free some space and download again: it goes on where it stopped.`, { cause: error });
  }
  const why = NOT_ALLOWED.has(code) ? 'may not be written' : 'cannot be written';
  return new RouterError('disk', `${path} ${why} (${code}). Choose another folder with fairlead.localModels.folder.`, { cause: error });
}
