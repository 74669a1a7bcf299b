// The one error type of the product. Adapters translate library errors into it once, at the edge.
// Abort is not an error: see abort.ts.

export type RouterErrorCode =
  | 'bad_request' // the server understood and refused the request (400, 413, 422)
  | 'unauthorized' // 401, 403: key missing, wrong or not allowed
  | 'not_found' // 404: no such model or path
  | 'rate_limited' // 429; `retryAfterMs` when the server said when
  | 'quota' // paid credit or plan is used up
  | 'server' // 5xx
  | 'unreachable' // refused, reset, DNS, TLS
  | 'timeout' // a deadline of ours passed
  | 'malformed' // the answer could not be read
  | 'cut' // the stream ended before the answer did
  | 'no_consent' // the user or an administrator has not allowed the model
  | 'no_key' // a key is needed and none is stored
  | 'unsupported' // the backend cannot do what was asked (FIM, tools, images)
  | 'runtime' // the local GGUF runtime failed
  | 'bad_file' // a GGUF, settings or data file is unreadable
  | 'disk' // no space or no permission
  | 'hash' // a downloaded file is not the file that was promised
  | 'not_local' // a server that counts as local turned out to be elsewhere; nothing was sent
  | 'private' // what would leave this machine must not: a secret, a file that is never sent
  | 'refused'; // refused by a rule of the user's

export interface RouterErrorOptions {
  readonly cause?: unknown;
  /** Milliseconds the server asked us to wait. */
  readonly retryAfterMs?: number;
  /** HTTP status where there was one. */
  readonly status?: number;
}

/** An error with a code to decide by and a message that says what to do next. */
export class RouterError extends Error {
  readonly code: RouterErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(code: RouterErrorCode, message: string, options: RouterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RouterError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }

  static is(value: unknown, code?: RouterErrorCode): value is RouterError {
    return value instanceof RouterError && (code === undefined || value.code === code);
  }
}

/** The text to show for anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
