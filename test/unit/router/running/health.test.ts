import { describe, expect, it } from 'vitest';
import { passOverResting, restError, restText, type Rest } from '../../../../src/router/running/health';
import { blames, isRepeatable, mayAskAgain, restAfter } from '../../../../src/router/running/retry';
import { RouterError, type RouterErrorCode, type RouterErrorOptions } from '../../../../src/shared/errors';

const NOW = new Date(2026, 4, 5, 13, 0).getTime();
const HOUR = 3_600_000;
const rest = (minutes: number): Rest => ({ untilMs: NOW + minutes * 60_000, code: 'quota' });
const error = (code: RouterErrorCode, options: RouterErrorOptions = {}): RouterError => new RouterError(code, code, options);

describe('models that rest', () => {
  it.each([
    ['none', ['a', 'b'], {}, ['a', 'b'], []],
    ['the first: the second answers, and it is said why', ['a', 'b'], { a: rest(5) }, ['b', 'a'], ['a']],
    ['a later one: nothing is said, it only loses its place', ['a', 'b', 'c'], { b: rest(5) }, ['a', 'c', 'b'], []],
    ['two before the chosen one', ['a', 'b', 'c'], { a: rest(9), b: rest(5) }, ['c', 'b', 'a'], ['a', 'b']],
    ['all: the one that returns first is asked', ['a', 'b'], { a: rest(9), b: rest(5) }, ['b', 'a'], ['a', 'b']],
  ])('%s', (_, models, resting, order, told) => {
    const passed = passOverResting(models, new Map(Object.entries(resting)));
    expect(passed.models).toEqual(order);
    expect(passed.reasons.map((reason) => (reason.kind === 'resting' ? reason.model : reason.kind))).toEqual(told);
  });

  it('are shown with the time of their return, and with the day when it is another one', () => {
    expect(restText('team', rest(65), NOW)).toBe('team rests until 14:05 (quota)');
    expect(restText('team', { untilMs: NOW + 24 * HOUR, code: 'rate_limited' }, NOW)).toBe('team rests until 2026-05-06 13:00 (rate limit)');
    expect(restError('team', rest(1), NOW)).toMatchObject({ code: 'quota', retryAfterMs: 60_000, message: 'team rests until 13:01 (quota).' });
  });
});

describe('asking again', () => {
  it.each<[string, RouterError, boolean]>([
    ['a server that does not answer', error('unreachable'), true],
    ['a failing server', error('server', { status: 500 }), true],
    ['an overloaded server', error('server', { status: 529 }), true],
    ['too many requests, without a time', error('rate_limited'), true],
    ['too many requests, for a moment', error('rate_limited', { retryAfterMs: 2000 }), true],
    ['too many requests, for a minute', error('rate_limited', { retryAfterMs: 60_000 }), false],
    ['a quota that is used up', error('quota'), false],
    ['a wrong key', error('unauthorized'), false],
    ['a refused request', error('bad_request'), false],
    ['a deadline that has passed', error('timeout'), false],
    ['an answer that broke off', error('cut'), false],
    ['a rule of the user', error('refused'), false],
  ])('%s: %s', (_, failure, may) => {
    expect(mayAskAgain(failure, { otherwise: 'model', repeatable: true })).toBe(may);
  });

  it('waits longer when nothing else could answer, and never while another endpoint of the model is ready', () => {
    const busy = error('rate_limited', { retryAfterMs: 10_000 });
    expect(['endpoint', 'model', 'nothing'].map((otherwise) => mayAskAgain(busy, { otherwise: otherwise as 'model', repeatable: true }))).toEqual([false, false, true]);
    expect(mayAskAgain(error('rate_limited'), { otherwise: 'endpoint', repeatable: true })).toBe(false);
  });

  it.each([
    [{}, true],
    [{ temperature: 0, store: false }, true],
    [{ store: true }, false],
    [{ background: true }, false],
    [{ previous_response_id: 'r1' }, false],
  ])('a request with the options %j may be sent twice: %s', (options, may) => {
    expect(isRepeatable({ options })).toBe(may);
    expect(mayAskAgain(error('unreachable'), { otherwise: 'nothing', repeatable: may })).toBe(may);
    // The server said that it took nothing.
    expect(mayAskAgain(error('rate_limited'), { otherwise: 'nothing', repeatable: may })).toBe(true);
  });
});

describe('a rest', () => {
  it.each<[string, RouterError, number | undefined]>([
    ['as long as the server asks', error('rate_limited', { retryAfterMs: 90_000 }), 90_000],
    ['a while after a limit without a time', error('rate_limited'), 20_000],
    ['a longer while after a quota without a time', error('quota'), 900_000],
    ['as long as an overloaded server asks', error('server', { retryAfterMs: 30_000 }), 30_000],
    ['none after one failure of a server', error('server'), undefined],
    ['none after a refused request', error('bad_request'), undefined],
    ['a week at most', error('quota', { retryAfterMs: 1e12 }), 7 * 24 * HOUR],
  ])('%s', (_, failure, ms) => {
    expect(restAfter(failure, NOW)?.untilMs).toBe(ms === undefined ? undefined : NOW + ms);
  });

  it.each<[RouterErrorCode, string]>([
    ['unreachable', 'endpoint'],
    ['server', 'model'],
    ['timeout', 'model'],
    ['bad_request', 'request'],
    ['unauthorized', 'request'],
    ['rate_limited', 'request'],
  ])('%s is the fault of the %s', (code, blamed) => {
    expect(blames(error(code))).toBe(blamed);
  });
});
