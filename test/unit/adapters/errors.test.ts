import { describe, expect, it } from 'vitest';
import { refusalBehind, reportedError, statusError, toRouterError } from '../../../src/adapters/errors';
import { retryAfterMs } from '../../../src/adapters/retry-after';
import { isAbort } from '../../../src/shared/abort';
import { RouterError, type RouterErrorCode } from '../../../src/shared/errors';
import { rejection } from '../../support/adapters';
import { startModelServer } from '../../support/openai-server';

const context = { endpoint: 'https://models.example:8443/v1', model: 'big-1', keySent: true };

function answered(status: number, body: unknown = {}, headers: Record<string, string> = {}): RouterError {
  return statusError(new Response(null, { status, headers }), JSON.stringify(body), context);
}

const BY_STATUS: readonly (readonly [number, unknown, RouterErrorCode])[] = [
  [400, {}, 'bad_request'],
  [401, {}, 'unauthorized'],
  [402, {}, 'quota'],
  [403, {}, 'unauthorized'],
  [404, {}, 'not_found'],
  [413, {}, 'bad_request'],
  [422, {}, 'bad_request'],
  [429, {}, 'rate_limited'],
  [429, { error: { code: 'insufficient_quota' } }, 'quota'],
  [500, {}, 'server'],
  [501, {}, 'unsupported'],
  [503, {}, 'server'],
  [529, {}, 'server'],
];

describe('refusals of a server', () => {
  it.each(BY_STATUS)('status %i with %j is %s', (status, body, code) => {
    const error = answered(status, body);
    expect(error.code).toBe(code);
    expect(error.status).toBe(status);
    expect(error.message).toContain('models.example:8443');
  });

  it('says what to do about a refused key, and never repeats the key', () => {
    const error = answered(401, { error: { message: 'Incorrect API key provided: sk-abc123' } });
    expect(error.message).toContain('Fairlead: Store an API Key');
    expect(error.message).not.toContain('sk-abc123');
  });

  it('tells a missing key from a wrong one', () => {
    const error = statusError(new Response(null, { status: 401 }), '', { ...context, keySent: false });
    expect(error.code).toBe('no_key');
    expect(error.message).toContain('Fairlead: Store an API Key');
  });

  it.each([
    [{ error: { message: 'No such model', code: 'model_not_found', param: 'model' } }, 'No such model'],
    [{ error: 'model "x" not found' }, 'model "x" not found'],
    [{ detail: 'Not Found' }, 'Not Found'],
  ])('reads the words of %j', (body, words) => {
    expect(answered(404, body).message).toContain(words);
  });

  it('keeps the code and the parameter as data', () => {
    const error = answered(400, { error: { code: 'unsupported_parameter', param: 'stream_options' } });
    expect(refusalBehind(error)).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'stream_options' });
  });

  it('leaves out words that quote what was sent', () => {
    const sent = JSON.stringify({ model: 'big-1', messages: [{ role: 'user', content: 'the secret plan is "B" for Berlin' }] });
    const body = JSON.stringify({ error: { message: 'Invalid input: the secret plan is "B" for Berlin' } });
    const error = statusError(new Response(null, { status: 422 }), body, { ...context, sent });
    expect(error.message).not.toContain('secret plan');
    const harmless = JSON.stringify({ error: { message: 'Unrecognized request argument supplied: foo' } });
    expect(statusError(new Response(null, { status: 422 }), harmless, { ...context, sent }).message).toContain('Unrecognized request argument');
  });

  it('shows one short line, whatever the server sends', () => {
    const error = answered(500, { error: { message: `first\n${'x'.repeat(5000)}` } });
    expect(error.message).toContain('first');
    expect(error.message.length).toBeLessThan(400);
    expect(answered(502, '<html>').code).toBe('server');
  });
});

describe('errors reported inside an answer', () => {
  it.each([
    [{ message: 'busy', code: 429 }, 'rate_limited'],
    [{ message: 'gone', code: 502 }, 'server'],
    [{ type: 'insufficient_quota' }, 'quota'],
    [{ type: 'invalid_request_error' }, 'bad_request'],
    [{ code: 'context_length_exceeded' }, 'bad_request'],
    ['out of memory', 'server'],
    [null, 'server'],
  ] as const)('%j is %s', (report, code) => {
    expect(reportedError(report, context).code).toBe(code);
  });
});

describe('how long to wait', () => {
  const now = Date.parse('2026-05-01T10:00:00Z');
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Fri, 01 May 2026 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Fri, 01 May 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-3' }, 0],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j means %s ms', (headers, ms) => {
    expect(retryAfterMs(new Headers(headers), now)).toBe(ms);
  });
  it('goes with the error', () => {
    expect(answered(429, {}, { 'retry-after': '12' }).retryAfterMs).toBe(12_000);
  });
});

describe('errors of the connection', () => {
  it.each([
    ['a name that does not exist', 'http://nothing-here.invalid/v1', 'unreachable', 'no such host'],
    ['a port where nothing listens', 'http://127.0.0.1:9/v1', 'unreachable', ''],
  ])('%s', async (_name, endpoint, code, words) => {
    const error = toRouterError(await rejection(fetch(endpoint)), { endpoint });
    expect(RouterError.is(error, code as RouterErrorCode)).toBe(true);
    expect(error.message.toLowerCase()).toContain(words);
  });

  it('a plain server at an https address is named as that', async () => {
    const server = await startModelServer({ models: {} });
    const endpoint = server.baseUrl.replace('http:', 'https:');
    const error = toRouterError(await rejection(fetch(endpoint)), { endpoint });
    await server.close();
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(error.message).toContain('TLS');
  });

  it.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    '%s names the certificate',
    (code) => {
      const error = toRouterError(new TypeError('x', { cause: Object.assign(new Error('x'), { code }) }), context);
      expect(error).toMatchObject({ code: 'unreachable' });
      expect(error.message).toContain('certificate');
    },
  );

  it.each([
    ['UND_ERR_HEADERS_TIMEOUT', false, 'timeout'],
    ['UND_ERR_SOCKET', false, 'unreachable'],
    ['UND_ERR_SOCKET', true, 'cut'],
    ['ECONNRESET', true, 'cut'],
    ['ECONNRESET', false, 'unreachable'],
    ['HPE_INVALID_CHUNK_SIZE', true, 'malformed'],
  ] as const)('%s (answering: %s) is %s', (code, answering, expected) => {
    const error = new TypeError('any words', { cause: Object.assign(new Error('any words'), { code }) });
    expect(toRouterError(error, { ...context, answering })).toMatchObject({ code: expected });
  });

  it('does not decide by words', () => {
    expect(toRouterError(new TypeError('429 rate limit, unauthorized, timed out'), context)).toMatchObject({ code: 'unreachable' });
  });

  it('lets an abort be an abort and a RouterError be itself', () => {
    const abort = new DOMException('x', 'AbortError');
    expect(isAbort(toRouterError(abort, context))).toBe(true);
    const own = new RouterError('hash', 'x');
    expect(toRouterError(new Error('wrapped', { cause: own }), context)).toBe(own);
  });
});
