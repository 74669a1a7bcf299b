import { describe, expect, it } from 'vitest';
import { decide } from '../../../../src/router/choosing/decide';
import { mayGoOn } from '../../../../src/router/choosing/eligibility';
import { explain, headline } from '../../../../src/router/explain';
import type { PreferenceMode, Running } from '../../../../src/router/choosing/running';
import type { Candidate, Decision, RouteRequest } from '../../../../src/router/types';
import type { Rule } from '../../../../src/settings/settings';
import { hostedModel as model } from '../../../support/hosted-model';

const candidates = [
  model('laptop', { locality: 'local', contextTokens: 32_000 }),
  model('cheap', { price: { input: 0.5, output: 2, cachedInput: 0.05 }, contextTokens: 128_000 }),
  model('dear', { price: { input: 5, output: 25, cachedInput: 0.5 }, contextTokens: 200_000 }),
  model('unpriced', { contextTokens: 1_000_000 }),
];

interface Asked {
  readonly mode?: PreferenceMode;
  readonly models?: readonly string[];
  readonly defaults?: readonly string[];
  readonly rules?: readonly Rule[];
  readonly probability?: number;
  readonly running?: Running;
  readonly pinned?: string;
  readonly among?: readonly Candidate[];
}

function decided({ mode, models = [], defaults = [], rules = [], probability = 0.9, running, pinned, among = candidates }: Asked): Decision {
  const request: RouteRequest = {
    id: 'd1',
    surface: 'agent',
    turns: [{ role: 'user', text: 'q' }],
    inputTokens: 10_000,
    needs: [],
    paths: [],
    languages: [],
    ...(mode === undefined ? {} : { mode }),
    ...(running === undefined ? {} : { running }),
    ...(pinned === undefined ? {} : { pinned }),
  };
  return decide({
    request,
    policy: {
      routes: [{ name: 'sql', description: 'd', examples: [], models, origin: 'user' }],
      candidates: among,
      rules,
      defaultModels: defaults,
      matches: () => true,
    },
    evidence: {
      classification: { classifier: 'c', ms: 1, distribution: [{ route: 'sql', probability }, { route: 'other', probability: 1 - probability }] },
      degraded: [],
    },
    now: 10_000,
  });
}

const order = (decision: Decision): (string | undefined)[] => [decision.model, ...decision.fallbacks];
const kinds = (decision: Decision): string[] => decision.reasons.map(({ kind }) => kind);
const words = (decision: Decision): string => explain(decision, candidates).replaceAll('\\', '');

describe('Auto (economy)', () => {
  it.each<[string, Asked, string[]]>([
    ['orders the models of the route by cost, and the others after them by cost', { models: ['dear', 'cheap'] }, ['cheap', 'dear', 'laptop', 'unpriced']],
    ['takes a free local model only where the user allows it for the work', { models: ['dear', 'laptop'] }, ['laptop', 'dear', 'cheap', 'unpriced']],
    ['orders the default models', { defaults: ['dear', 'cheap'] }, ['cheap', 'dear', 'laptop', 'unpriced']],
    ['orders all models where the user named none; unknown prices come last', {}, ['laptop', 'cheap', 'dear', 'unpriced']],
    ['keeps the order of models that cost the same', { models: ['unpriced', 'dear'], among: [model('unpriced'), model('dear')] }, ['unpriced', 'dear']],
  ])('%s', (_title, asked, expected) => {
    expect(order(decided({ ...asked, mode: 'economy' }))).toEqual(expected);
  });

  it('leaves plain Auto to the order as written', () => {
    expect(order(decided({ models: ['dear', 'cheap'] })).slice(0, 2)).toEqual(['dear', 'cheap']);
  });

  it('says what each would cost', () => {
    expect(words(decided({ mode: 'economy', models: ['dear', 'laptop', 'unpriced', 'cheap'] }))).toContain(
      'economy: the cheapest for this request first (laptop free, cheap $0.0060, dear $0.0625, unpriced unknown)',
    );
  });
});

describe('Auto (quality)', () => {
  it.each<[string, Asked, string[], RegExp]>([
    ['keeps the user’s order', { models: ['laptop', 'cheap'] }, ['laptop', 'cheap', 'dear', 'unpriced'], /quality: your order counts/u],
    ['takes hosted before local, then price, then window, where there is no order', {}, ['dear', 'cheap', 'unpriced', 'laptop'], /quality: you gave no order for this/u],
  ])('%s', (_title, asked, expected, said) => {
    const decision = decided({ ...asked, mode: 'quality' });
    expect(order(decision)).toEqual(expected);
    expect(words(decision)).toMatch(said);
  });
});

describe('Auto (local only)', () => {
  it('refuses every hosted model, with the reason', () => {
    const decision = decided({ mode: 'local', models: ['dear', 'laptop'] });
    expect(order(decision)).toEqual(['laptop']);
    expect(decision.localOnly).toBe(true);
    expect(decision.refused.map(({ model: id }) => id)).toEqual(['cheap', 'dear', 'unpriced']);
    expect(words(decision)).toContain('dear: must stay on this machine (Auto (local only))');
  });

  it('answers with no model rather than a hosted one', () => {
    expect(decided({ mode: 'local', among: [model('dear')] }).model).toBeUndefined();
  });

  it('adds to the rules of the user and does not stand in for one', () => {
    const rule: Rule = { when: {}, exclude: ['laptop'], label: 'not the laptop', origin: 'user' };
    expect(decided({ mode: 'local', rules: [rule] }).model).toBeUndefined();
  });

  it('holds inside a tool loop too', () => {
    const request: RouteRequest = { id: 'd', surface: 'agent', turns: [], inputTokens: 1, needs: [], paths: [], languages: [], mode: 'local' };
    const allowed = { rules: [], matches: () => true, request, routes: [] };
    expect(candidates.filter((one) => mayGoOn(one, allowed)).map(({ id }) => id)).toEqual(['laptop']);
  });
});

describe('a running conversation', () => {
  const running: Running = { model: 'dear', at: 9000, promptTokens: 9500, requests: 8 };
  it.each<[string, Asked, string, string]>([
    ['moves to the model the user named for the work', { models: ['cheap'] }, 'cheap', 'your_models'],
    ['stays when the route is in doubt', { models: ['cheap'], probability: 0.5 }, 'dear', 'doubt'],
    ['stays when only habit asks for another', {}, 'dear', 'habit'],
    ['stays when a default model is not about this work', { defaults: ['cheap'] }, 'dear', 'habit'],
    ['moves by a rule that is not about the route, though the route is in doubt', { rules: [{ when: {}, prefer: ['cheap'], label: 'r', origin: 'user' }], probability: 0.5 }, 'cheap', 'your_rule'],
    ['does not move by a rule about a route in doubt', { rules: [{ when: { route: ['sql'] }, prefer: ['cheap'], label: 'r', origin: 'user' }], probability: 0.5 }, 'dear', 'doubt'],
    ['economy: moves among the models of one route by cost', { mode: 'economy', models: ['dear', 'cheap'] }, 'cheap', 'saving'],
    ['economy: a model that the user did not name for the work is left without a sum', { mode: 'economy', models: ['cheap', 'unpriced'] }, 'cheap', 'your_models'],
    ['economy: stays in doubt', { mode: 'economy', models: ['dear', 'cheap'], probability: 0.5 }, 'dear', 'doubt'],
    ['local only: leaves a hosted model', { mode: 'local' }, 'laptop', 'refused'],
  ])('%s', (_title, asked, expected, because) => {
    const decision = decided({ ...asked, running });
    expect(decision.model).toBe(expected);
    expect(decision.reasons.find((reason) => reason.kind === 'switch')?.because).toBe(because);
  });

  it('says so in the headline and, with the arithmetic, in the whole story', () => {
    const decision = decided({ models: ['cheap'], probability: 0.5, running });
    expect(headline(decision, candidates)).toContain('the conversation keeps its model, not cheap');
    expect(words(decision)).toMatch(/stays with dear instead of cheap: .* \(9,500 of 10,000 prompt tokens cached; 8 more requests: \$\S+ with dear, \$\S+ with cheap, of which \$\S+ to read it anew\)/u);
  });

  it('keeps the others as fallbacks, in their order', () => {
    expect(order(decided({ models: ['cheap', 'laptop'], probability: 0.5, running }))).toEqual(['dear', 'cheap', 'laptop', 'unpriced']);
  });

  it('has nothing to say when its model is the wanted one', () => {
    expect(kinds(decided({ models: ['dear'], running }))).toEqual(['route', 'route_models']);
  });

  it('yields to a model that the user picked', () => {
    expect(order(decided({ pinned: 'cheap', running }))).toEqual(['cheap']);
  });
});
