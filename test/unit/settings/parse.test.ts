import { describe, expect, it } from 'vitest';
import { defaultRoutes } from '../../../src/settings/defaults';
import { parseSettings } from '../../../src/settings/parse';

type Values = Record<string, unknown>;

const parse = (user: Values, workspace: Values = {}) =>
  parseSettings((key) => ({ user: user[key], workspace: workspace[key] }));

describe('settings', () => {
  it('gives every default, without problems, when nothing is set', () => {
    const { settings, problems } = parse({});
    expect(problems).toEqual([]);
    expect(settings.routes).toEqual(defaultRoutes);
    expect(settings.inline).toMatchObject({ enabled: true, notIn: [], models: [], debounceMs: 150, maxTokens: 128, context: true, onLowBattery: 'pause' });
    expect(settings.discovery).toEqual({ enabled: true, endpoints: [] });
    expect(settings.logPrompts).toBe(false);
    const none = { usd: 0, requests: 0 };
    expect(settings.budgets).toEqual({ day: none, month: none, conversation: none, warnAt: 0.8, atLimit: 'stop' });
  });

  it.each<[string, Values, string, string]>([
    ['a number out of range', { 'inline.debounceMs': -5 }, 'fairlead.inline.debounceMs', ''],
    ['a budget below zero', { 'budgets.usdPerDay': -1 }, 'fairlead.budgets.usdPerDay', ''],
    ['a model without a name for the server', { models: { a: { provider: 'openai' } } }, 'fairlead.models', '.a.model'],
    ['an unknown provider', { models: { a: { provider: 'x', model: 'y' } } }, 'fairlead.models', '.a.provider'],
    ['a base address that is no address', { models: { a: { provider: 'openai', model: 'm', baseUrl: 'ftp://x' } } }, 'fairlead.models', '.a.baseUrl'],
    ['a misspelt key inside a model', { models: { a: { provider: 'ollama', model: 'm', contxt: 1 } } }, 'fairlead.models', '.a'],
    ['a route without a description', { routes: [{ name: 'x' }] }, 'fairlead.routes', '[0].description'],
    ['a route called other', { routes: [{ name: 'Other', description: 'd' }] }, 'fairlead.routes', '[0].name'],
    ['a rule that asks for nothing', { rules: [{ when: {} }] }, 'fairlead.rules', '[0]'],
    ['a list that is no list', { rules: 'x' }, 'fairlead.rules', ''],
    ['models that are a list', { models: [] }, 'fairlead.models', ''],
  ])('names %s as the problem and keeps the rest', (_, user, setting, path) => {
    const { settings, problems } = parse({ 'inline.maxTokens': 64, ...user });
    expect(problems.map((problem) => [problem.setting, problem.path])).toEqual([[setting, path]]);
    expect(problems[0]?.message.length).toBeGreaterThan(10);
    expect(settings.inline.maxTokens).toBe(64);
  });

  it('leaves out one bad entry and keeps its neighbours', () => {
    const good = { name: 'good', description: 'd' };
    const { settings, problems } = parse({ routes: [{ name: 'bad' }, good, { ...good }] });
    expect(settings.routes.map((route) => route.name)).toEqual(['good']);
    expect(problems.map((problem) => problem.path)).toEqual(['[0].description', '[2].name']);
  });

  it("replaces the built-in routes by the user's own, and keeps them on request", () => {
    const routes = [{ name: 'testing', description: 'my own words' }];
    expect(parse({ routes }).settings.routes.map((route) => route.name)).toEqual(['testing']);
    const both = parse({ routes, includeDefaultRoutes: true }).settings.routes;
    expect(both).toHaveLength(defaultRoutes.length);
    expect(both.find((route) => route.name === 'testing')?.description).toBe('my own words');
  });

  it("adds a workspace's routes and rules after the user's and lets the user's name win", () => {
    const { settings, problems } = parse(
      { routes: [{ name: 'a', description: 'mine' }], rules: [{ when: {}, prefer: ['m'] }] },
      { routes: [{ name: 'a', description: 'theirs' }, { name: 'b', description: 'new' }], rules: [{ when: {}, require: 'local' }] },
    );
    expect(settings.routes.map((route) => [route.name, route.description, route.origin])).toEqual([
      ['a', 'mine', 'user'],
      ['b', 'new', 'workspace'],
    ]);
    expect(settings.rules.map((rule) => rule.origin)).toEqual(['user', 'workspace']);
    expect(problems.map((problem) => problem.origin)).toEqual(['workspace']);
  });

  it('adds workspace routes to the built-in ones when the user has none', () => {
    const { settings } = parse({}, { routes: [{ name: 'firmware', description: 'boards' }] });
    expect(settings.routes).toHaveLength(defaultRoutes.length + 1);
  });

  it.each(['models', 'discovery.endpoints', 'discovery.enabled', 'log.prompts'])(
    'ignores %s in a workspace and says so',
    (key) => {
      const { settings, problems } = parse({}, { [key]: key === 'models' ? { a: { provider: 'ollama', model: 'm' } } : true });
      expect(settings).toEqual(parse({}).settings);
      expect(problems).toMatchObject([{ setting: `fairlead.${key}`, origin: 'workspace' }]);
    },
  );

  it('takes budgets from the user alone, each for itself', () => {
    const { settings, problems } = parse(
      { 'budgets.usdPerDay': 5, 'budgets.requestsPerConversation': 30, 'budgets.usdPerMonth': 'much', 'budgets.warnAtPercent': 50 },
      { 'budgets.usdPerDay': 500, 'budgets.atLimit': 'warn' },
    );
    expect(settings.budgets).toMatchObject({ day: { usd: 5 }, month: { usd: 0 }, conversation: { requests: 30 }, warnAt: 0.5, atLimit: 'stop' });
    expect(problems.map(({ setting, origin }) => [setting, origin])).toEqual([
      ['fairlead.budgets.usdPerDay', 'workspace'],
      ['fairlead.budgets.usdPerMonth', 'user'],
      ['fairlead.budgets.atLimit', 'workspace'],
    ]);
  });
});
