import { describe, expect, it } from 'vitest';
import type { Running } from '../../../../src/router/choosing/running';
import { switchText } from '../../../../src/router/choosing/switch-words';
import { CACHE_MS, EXPECTED_OUTPUT_TOKENS, weighSwitch, type SwitchInput } from '../../../../src/router/choosing/switching';
import { hostedModel as model } from '../../../support/hosted-model';

const dear = model('dear', { price: { input: 3, output: 15, cachedInput: 0.3 } });
const cheap = model('cheap', { price: { input: 1, output: 5, cachedInput: 0.1 } });
const laptop = model('laptop', { locality: 'local' });
const unpriced = model('unpriced');

const NOW = 1_000_000;
const running = (fields: Partial<Running> = {}): Running => ({ model: 'dear', at: NOW - 1000, promptTokens: 20_000, requests: 10, ...fields });
const input = (fields: Partial<SwitchInput> = {}): SwitchInput => ({
  running: running(),
  current: dear,
  wanted: cheap,
  grounds: 'habit',
  confidence: 'one_route',
  promptTokens: 21_000,
  now: NOW,
  ...fields,
});

describe('whether a conversation leaves its model', () => {
  it.each<[string, Partial<SwitchInput>, string]>([
    ['the user named another model for this work and the route is sure', { grounds: 'your_models' }, 'switch your_models'],
    ['the same, but the route is in doubt', { grounds: 'your_models', confidence: 'slate' }, 'stay doubt'],
    ['the same, and hardly anything is known of the route', { grounds: 'your_models', confidence: 'ask' }, 'stay doubt'],
    ['a rule about a file prefers another, however unsure the route', { grounds: 'your_rule', confidence: 'ask' }, 'switch your_rule'],
    ['only the usual order speaks for another', {}, 'stay habit'],
    ['no classifier answered', { confidence: 'none' }, 'stay habit'],
    ['the model may not serve the request', { current: undefined }, 'switch refused'],
    ['it only stood in for the wanted one', { running: running({ standsInFor: 'cheap' }) }, 'switch returns'],
    ['it stood in for a third one', { running: running({ standsInFor: 'other' }) }, 'stay habit'],
    ['nothing is cached any more', { running: running({ at: NOW - CACHE_MS - 1 }) }, 'switch cold'],
    ['the route is in doubt, but nothing is cached any more', { grounds: 'your_models', confidence: 'slate', running: running({ at: NOW - CACHE_MS - 1 }) }, 'switch cold'],
    ['economy: the rest of a long conversation is cheaper elsewhere', { grounds: 'cost' }, 'switch saving'],
    ['economy: a dearer model never saves', { grounds: 'cost', running: running({ model: 'cheap' }), current: cheap, wanted: dear }, 'stay no_saving'],
    ['economy: to a model whose price is not known', { grounds: 'cost', wanted: unpriced }, 'stay unknown_price'],
    ['economy: to a free model that reads it in time', { grounds: 'cost', wanted: laptop, running: running({ tokensPerSecond: { laptop: 2000 } }) }, 'switch saving'],
    ['economy: to a free model that would read for minutes', { grounds: 'cost', wanted: laptop }, 'stay slow_reread'],
    ['a model the user named may read for minutes', { grounds: 'your_models', wanted: laptop }, 'switch your_models'],
  ])('%s', (_title, fields, expected) => {
    const reason = weighSwitch(input(fields));
    expect(`${reason?.verdict ?? 'none'} ${reason?.because ?? ''}`).toBe(expected);
  });

  it('is no question when the model is the wanted one', () => {
    expect(weighSwitch(input({ wanted: dear }))).toBeUndefined();
  });
});

describe('the arithmetic', () => {
  it('adds up what is read from the cache, what is new, and what is lost', () => {
    const { cost } = weighSwitch(input({ grounds: 'cost' }))!;
    const perRequest = (cached: number, fresh: number, output: number): number => (20_000 * cached + 1000 * fresh + EXPECTED_OUTPUT_TOKENS * output) / 1e6;
    expect(cost).toMatchObject({ promptTokens: 21_000, cachedTokens: 20_000, requests: 10 });
    expect(cost?.stayUsd).toBeCloseTo(10 * perRequest(0.3, 3, 15), 9);
    expect(cost?.lostUsd).toBeCloseTo((20_000 * (1 - 0.1)) / 1e6, 9);
    expect(cost?.switchUsd).toBeCloseTo(10 * perRequest(0.1, 1, 5) + (20_000 * 0.9) / 1e6, 9);
  });

  it.each([
    [1, 'no_saving'],
    [10, 'saving'],
  ])('goes by how long the conversation has been: after %i requests %s', (requests, because) => {
    const reason = weighSwitch(input({ grounds: 'cost', promptTokens: 70_000, running: running({ promptTokens: 70_000, requests }) }));
    expect(reason?.because).toBe(because);
  });

  it('expects no more than fifty requests', () => {
    expect(weighSwitch(input({ running: running({ requests: 1000 }) }))?.cost?.requests).toBe(50);
  });

  it.each([
    ['a server that caches', { cachedTokens: 18_000 }, 20_000],
    ['a server that does not say', {}, 20_000],
    ['a server without a cache', { cachedTokens: 0 }, 0],
    ['the first request, which finds nothing cached', { cachedTokens: 0, requests: 1 }, 20_000],
  ])('knows what of the last prompt is cached: %s', (_title, fields, cachedTokens) => {
    expect(weighSwitch(input({ running: running(fields) }))?.cost?.cachedTokens).toBe(cachedTokens);
  });

  it('estimates how long a local model reads, by its measured speed', () => {
    const slow = weighSwitch(input({ wanted: laptop }))!;
    const fast = weighSwitch(input({ wanted: laptop, running: running({ tokensPerSecond: { laptop: 1000 } }) }))!;
    expect(fast.cost?.rereadMs).toBe(21_000);
    expect(slow.cost?.rereadMs).toBeGreaterThan(21_000);
    expect(fast.cost).toMatchObject({ lostUsd: 0, switchUsd: 0 });
  });

  it('is said in words', () => {
    expect(switchText(weighSwitch(input({ grounds: 'cost' }))!)).toBe(
      'this conversation moves from dear to cheap: what is saved is more than reading the conversation anew costs (20,000 of 21,000 prompt tokens cached; 10 more requests: $0.17 with dear, $0.0730 with cheap, of which $0.0180 to read it anew)',
    );
    expect(switchText(weighSwitch(input({ grounds: 'your_models', confidence: 'slate', wanted: laptop }))!)).toMatch(
      /^this conversation stays with dear instead of laptop: the kind of work is not clear enough .*; about 350 s to read it on laptop\)$/u,
    );
  });
});
