// The one place where errors of servers, fetch, Node and the `openai` package become RouterErrors. Decides by
// status, codes and types of errors, never by message text. Abort is not an error and passes through.
import { isAbort } from '../shared/abort';
import { RouterError, type RouterErrorCode } from '../shared/errors';
import { hostOf } from './locality';
import { retryAfterMs } from './retry-after';

/** What is known of the request when it fails; the words for the user are made from it. */
export interface ErrorContext {
  /** Base address; only its host is shown. */
  readonly endpoint: string;
  readonly model?: string;
  readonly keySent?: boolean;
  /** The body that was sent. A server's own words are left out where they quote it. */
  readonly sent?: string;
  /** True once the head of the answer has arrived. */
  readonly answering?: boolean;
}

/** What a server said about its refusal, as data; `cause` of the RouterError. */
export interface Refusal {
  readonly status?: number;
  /** Machine-readable words, such as `context_length_exceeded` and the name of the option refused. */
  readonly code?: string;
  readonly param?: string;
  readonly words?: string;
}

/** The error of an answer with a status other than success. */
export function statusError(response: Response, body: string, context: ErrorContext): RouterError {
  const refusal: Refusal = { status: response.status, ...readRefusal(body) };
  const wait = retryAfterMs(response.headers, Date.now());
  return refusalError(refusal, context, wait);
}

/** The error that a server reports inside an answer that began well. */
export function reportedError(report: unknown, context: ErrorContext): RouterError {
  return refusalError(refusalOf(report), context);
}

/** The refusal behind a RouterError, when a server explained one. */
export function refusalBehind(error: unknown): Refusal {
  if (!RouterError.is(error) || error.cause instanceof Error || !isRecord(error.cause)) return {};
  return error.cause;
}

/** RouterError for anything a request can throw; an AbortError stays what it is. */
export function toRouterError(error: unknown, context: ErrorContext): Error {
  const chain = causes(error);
  const own = chain.find((link) => RouterError.is(link));
  if (own) return own;
  if (isAbort(error)) return error as Error;
  const report = chain.map((link) => (isRecord(link) ? link['error'] : undefined)).find((said) => said !== undefined);
  if (report !== undefined) return reportedError(report, context);
  const code = chain.map((link) => (isRecord(link) ? link['code'] : undefined)).find((value) => typeof value === 'string');
  return connectionError(typeof code === 'string' ? code : '', error, context);
}

const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET_ISSUER|VERIFY))/u;
const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const NO_TLS = 'It does not speak TLS. Should the address begin with http://?';
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers there. Is the server running?',
  ENOTFOUND: 'There is no such host.',
  EAI_AGAIN: 'Its name could not be looked up. Is this machine online?',
  ECONNRESET: 'It closed the connection without an answer.',
  EPROTO: NO_TLS,
  UND_ERR_SOCKET: 'It closed the connection without an answer.',
};

function connectionError(code: string, error: unknown, context: ErrorContext): RouterError {
  const host = hostOf(context.endpoint);
  const cause = { cause: error };
  if (error instanceof SyntaxError || code.startsWith('HPE_')) {
    return new RouterError('malformed', `The answer of ${host} could not be read.`, cause);
  }
  if (TIMEOUT_CODES.has(code)) return new RouterError('timeout', `${host} took too long.`, cause);
  if (context.answering === true) return new RouterError('cut', `The connection to ${host} ended before the answer did.`, cause);
  if (CERTIFICATE_CODES.test(code)) {
    return new RouterError('unreachable', `The certificate of ${host} is not trusted (${code}).`, cause);
  }
  const why = code.startsWith('ERR_SSL_') ? NO_TLS : (UNREACHABLE[code] ?? (code === '' ? '' : `(${code})`));
  return new RouterError('unreachable', `${host} cannot be reached. ${why}`.trim(), cause);
}

const BY_STATUS: Readonly<Record<number, RouterErrorCode>> = {
  401: 'unauthorized',
  402: 'quota',
  403: 'unauthorized',
  404: 'not_found',
  405: 'not_found',
  408: 'timeout',
  410: 'not_found',
  429: 'rate_limited',
  501: 'unsupported',
};

/** Codes and types that servers put into their errors; the status alone cannot tell these apart. */
const BY_CODE: Readonly<Record<string, RouterErrorCode>> = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  invalid_api_key: 'unauthorized',
  authentication_error: 'unauthorized',
  permission_error: 'unauthorized',
  model_not_found: 'not_found',
  not_found_error: 'not_found',
  rate_limit_exceeded: 'rate_limited',
  rate_limit_error: 'rate_limited',
  invalid_request_error: 'bad_request',
  context_length_exceeded: 'bad_request',
  exceed_context_size_error: 'bad_request',
  request_too_large: 'bad_request',
  billing_error: 'quota',
  overloaded_error: 'server',
  timeout_error: 'timeout',
  server_error: 'server',
};

/** What servers call a prompt that does not fit. Anthropic says so in words alone. */
const TOO_LONG = new Set(['context_length_exceeded', 'exceed_context_size_error', 'request_too_large', 'string_above_max_length']);

function codeOf({ status, code }: Refusal, keySent: boolean): RouterErrorCode {
  const named = code === undefined ? undefined : BY_CODE[code];
  if (named === 'quota') return named;
  if (status === undefined) return named ?? 'server';
  if (status === 401 && !keySent) return 'no_key';
  return BY_STATUS[status] ?? (status >= 500 ? 'server' : 'bad_request');
}

function refusalError(refusal: Refusal, context: ErrorContext, wait?: number): RouterError {
  const code = codeOf(refusal, context.keySent ?? false);
  return new RouterError(code, wording(code, refusal, context), {
    cause: refusal,
    ...(refusal.status === undefined ? {} : { status: refusal.status }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

const STORE_A_KEY = 'run “Fairlead: Store an API Key”';

function wording(code: RouterErrorCode, refusal: Refusal, context: ErrorContext): string {
  const host = hostOf(context.endpoint);
  const status = refusal.status === undefined ? '' : ` (${refusal.status})`;
  const words = quotable(refusal, context);
  const tooLong = TOO_LONG.has(refusal.code ?? '') || refusal.status === 413;
  const lead = sentence(code, { host, model: context.model ?? 'the model', status, tooLong });
  // A refused key is not repeated, and some servers repeat it in their words.
  return code === 'unauthorized' || code === 'no_key' || words === '' ? lead : `${lead} ${host} says: ${words}`;
}

interface Words {
  readonly host: string;
  readonly model: string;
  readonly status: string;
  readonly tooLong: boolean;
}

function sentence(code: RouterErrorCode, { host, model, status, tooLong }: Words): string {
  switch (code) {
    case 'no_key':
      return `${host} asks for a key${status}: ${STORE_A_KEY}.`;
    case 'unauthorized':
      return `${host} did not accept the key for ${model}${status}: ${STORE_A_KEY}.`;
    case 'quota':
      return `The credit or plan at ${host} is used up${status}.`;
    case 'not_found':
      return `${host} has no ${model}, or the base address lacks a part such as /v1${status}.`;
    case 'rate_limited':
      return `${host} takes no more requests for now${status}.`;
    case 'bad_request':
      if (tooLong) return `The request is longer than ${model} at ${host} can read${status}: leave something out, or choose a model with a larger window.`;
      return `${host} refused the request for ${model}${status}.`;
    default:
      return `${host} failed while answering for ${model}${status}.`;
  }
}

/** A longer stretch that stands in the request too is a quotation; names of options are shorter. */
const QUOTE_CHARS = 16;

/** The server's words, one short line; nothing when they quote what was sent, since errors are logged. */
function quotable({ words = '' }: Refusal, { sent = '', model }: ErrorContext): string {
  const line = (words.split('\n')[0] ?? '').trim().slice(0, 200);
  const escaped = JSON.stringify(line).slice(1, -1);
  const request = model === undefined ? sent : sent.replaceAll(model, '');
  for (let at = 0; at + QUOTE_CHARS <= escaped.length; at += 1) {
    if (request.includes(escaped.slice(at, at + QUOTE_CHARS))) return '';
  }
  return line;
}

/** Reads `{"error": {…}}`, `{"error": "…"}`, `{"detail": "…"}`; a body in another form says nothing. */
function readRefusal(body: string): Refusal {
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? refusalOf(json['error'] ?? json) : {};
  } catch {
    return {}; // A page of some proxy; the status has to do.
  }
}

function refusalOf(report: unknown): Refusal {
  if (typeof report === 'string') return { words: report };
  if (!isRecord(report)) return {};
  // Anthropic puts the error into an envelope of type `error`, in streams too.
  if (report['type'] === 'error' && isRecord(report['error'])) return refusalOf(report['error']);
  const status = [report['code'], report['status']].find((value) => typeof value === 'number' && value >= 400 && value < 600);
  const code = [report['code'], report['type']].find((value) => typeof value === 'string');
  const words = [report['message'], report['detail']].find((value) => typeof value === 'string');
  const param = report['param'];
  return {
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof param === 'string' ? { param } : {}),
    ...(typeof words === 'string' ? { words } : {}),
  };
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && chain.length < 8; ) {
    chain.push(link);
    link = isRecord(link) ? link['cause'] : undefined;
  }
  return chain;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
