import { describe, expect, it } from 'vitest';
import { readAlternatives, targetsOf, type TokenReading } from '../../../../src/router/dialects/alternatives';
import { readAnswer } from '../../../../src/router/dialects/answer';
import { fromChoices, fromOne, fromSome, toDistribution } from '../../../../src/router/dialects/distribution';
import { detectDialect, dialectOf } from '../../../../src/router/dialects/pick';

const names = ['bug_fixing', 'bug', 'SQL and data', "what's new", 'say "hi"'];

describe('reading an answer', () => {
  it.each([
    ['{"route": "bug_fixing"}', ['bug_fixing']],
    ['{"route": "other"}', []],
    ['{"route": ""}', []],
    ['{"route": null}', []],
    ['{"route": []}', []],
    ['{"route": ["bug", "SQL and data"]}', ['bug', 'SQL and data']],
    ["{'route': 'bug_fixing'}", ['bug_fixing']],
    ["{'route': ['bug', 'bug_fixing']}", ['bug', 'bug_fixing']],
    ["{'route': 'what's new'}", ["what's new"]],
    ['{"route": "say \\"hi\\""}', ['say "hi"']],
    ['```json\n{"route": "bug"}\n```', ['bug']],
    ['{"route": "bug"}\n\nThe best route: fixing things.', ['bug']],
    ['Sure! Here it is: {"route": "bug_fixing"} Hope that helps.', ['bug_fixing']],
    ['{"route":"SQL_AND_DATA"}', ['SQL and data']],
    ['{"route": "bug fixing"}', ['bug_fixing']],
    ['{"route": "cooking"}', []],
    ['{"route": ["cooking", "bug"]}', ['bug']],
    ['{"route": ["bug", "bug"]}', ['bug']],
    ['{"routes": ["bug"]}', ['bug']],
    ['{"route": "bug_fixing', ['bug_fixing']],
    ['{"route": ["bug", "SQL and', ['bug']],
    ['route: bug_fixing', ['bug_fixing']],
    ['{route: bug}', ['bug']],
    ['<think>{"route": "bug"}? no</think>{"route": "bug_fixing"}', ['bug_fixing']],
    ['<think>still thinking about {"route": "bug"}', []],
    ['bug_fixing', ['bug_fixing']],
    ['"Bug_Fixing".', ['bug_fixing']],
    ['I would say bug_fixing fits best.', ['bug_fixing']],
    ['either bug or bug_fixing', []],
    ['', []],
    ['no idea', []],
  ])('%j means %j', (text, expected) => {
    expect(readAnswer(text, names)).toEqual(expected);
  });

  it('reads any rubbish to its end', () => {
    for (const text of ['{"route": [[[', '{"route": ]', '{"route": [,,,,', "{'route': [''", '{"route": "\\', `{"route": ["${'a'.repeat(100_000)}`]) {
      expect(readAnswer(text, names)).toEqual([]);
    }
  });
});

describe('the distribution', () => {
  it('holds every route and other, sums to 1, highest first, equal ones in the user’s order', () => {
    const distribution = toDistribution(new Map([['b', 3], ['other', 1]]), ['a', 'b', 'c']);
    expect(distribution.map(({ route }) => route)).toEqual(['b', 'other', 'a', 'c']);
    expect(distribution.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  });

  it.each([[new Map<string, number>()], [new Map([['a', Number.NaN]])], [new Map([['a', Number.POSITIVE_INFINITY]])]])(
    'is other when nothing was measured (%#)',
    (weights) => {
      expect(toDistribution(weights, ['a', 'b'])[0]).toEqual({ route: 'other', probability: 1 });
    },
  );

  it('adds up choices that mean the same route', () => {
    const choices = [{ text: 'a', route: 'a' }, { text: '[]', route: 'other' }, { text: 'other', route: 'other' }];
    const logs = [Math.log(0.4), Math.log(0.35), Math.log(0.25)];
    expect(fromChoices(choices, logs, ['a'])[0]).toEqual({ route: 'other', probability: expect.closeTo(0.6, 10) as number });
  });

  it('leaves a little for routes that a graded answer did not list', () => {
    const [top, ...rest] = fromSome(new Map([['b', 0.9]]), ['a', 'b']);
    expect(top?.route).toBe('b');
    expect(rest.every(({ probability }) => probability > 0 && probability < 0.001)).toBe(true);
  });

  it('states what it takes an ungraded answer for', () => {
    expect(fromOne('a', ['a', 'b'])).toEqual([
      { route: 'a', probability: expect.closeTo(0.8, 10) as number },
      { route: 'b', probability: expect.closeTo(0.1, 10) as number },
      { route: 'other', probability: expect.closeTo(0.1, 10) as number },
    ]);
  });
});

/** Tokens with what else might have come: `[token, probability, {other: probability}]`. */
const reading = (...tokens: [string, number, Record<string, number>?][]): TokenReading[] =>
  tokens.map(([token, p, others = {}]) => ({
    token,
    logprob: Math.log(p),
    alternatives: [[token, p] as const, ...Object.entries(others)].map(([other, q]) => ({ token: other, logprob: Math.log(q) })),
  }));
const grade = (tokens: TokenReading[], offered: string[], list = false) => {
  const weights = readAlternatives(tokens, targetsOf(offered, list));
  return weights && Object.fromEntries([...weights].map(([route, weight]) => [route, Number(weight.toFixed(4))]));
};

describe('grading by a server’s log-probabilities', () => {
  it('reads the alternatives of the name’s first token', () => {
    const tokens = reading(['{"', 1], ['route', 1], ['":', 1], [' "', 1], ['sql', 0.7, { bug: 0.2, other: 0.1 }], ['"}', 1]);
    expect(grade(tokens, ['sql', 'bug'])).toEqual({ sql: 0.7, bug: 0.2, other: 0.1 });
  });

  it('descends where names share their beginning', () => {
    const tokens = reading(['{"route": "', 1], ['bug', 0.9, { sql: 0.1 }], ['_', 1], ['fixing', 0.75, { report: 0.25 }], ['"}', 1]);
    expect(grade(tokens, ['bug_fixing', 'bug_report', 'sql'])).toEqual({ bug_fixing: 0.675, bug_report: 0.225, sql: 0.1 });
  });

  it('tells a name from one that it begins', () => {
    const tokens = reading(['{"route": "', 1], ['bug', 1], ['"}', 0.6, { _fixing: 0.4 }]);
    expect(grade(tokens, ['bug', 'bug_fixing'])).toEqual({ bug: 0.6, bug_fixing: 0.4 });
  });

  it('shares an alternative that fits several routes', () => {
    const tokens = reading(['{"route": "', 1], ['sql', 0.6, { bug: 0.4 }]);
    expect(grade(tokens, ['sql', 'bug_a', 'bug_b'])).toEqual({ sql: 0.6, bug_a: 0.2, bug_b: 0.2 });
  });

  it.each([
    ['tight JSON', reading(['{"route":"', 1], ['sql', 0.8, { bug: 0.2 }])],
    ['other quotes', reading(["{'", 1], ["route'", 1], [": '", 1], ['sql', 0.8, { bug: 0.2 }])],
    ['a fence', reading(['```', 0.5, { '{"': 0.5 }], ['json\n', 1], ['{"route', 1], ['": "', 1], ['sql', 0.8, { bug: 0.2 }])],
    ['a token over the border', reading(['{"route":', 1], [' "sql', 0.8, { ' "bug': 0.2 }])],
  ])('copes with %s', (_, tokens) => {
    expect(grade(tokens, ['sql', 'bug'])).toEqual({ sql: 0.8, bug: 0.2 });
  });

  it('reads lists, and the empty list as other', () => {
    const tokens = reading(['{"route":', 1], [' ["', 0.7, { ' []}': 0.3 }], ['sql', 0.5, { bug: 0.5 }], ['",', 1]);
    expect(grade(tokens, ['sql', 'bug'], true)).toEqual({ other: 0.3, sql: 0.35, bug: 0.35 });
  });

  it.each([
    ['no route', reading(['I', 1], [' think', 1])],
    ['a name that is not on offer and no alternative', reading(['{"route": "', 1], ['cook', 1])],
    ['nothing', []],
  ])('says so when there is %s', (_, tokens) => {
    expect(grade(tokens, ['sql'])).toBeUndefined();
  });
});

describe('the dialect of a model', () => {
  it.each([
    ['/models/Arch-Router-1.5B-Q4_K_M.gguf', 'arch-router'],
    ['C:\\models\\arch_router.gguf', 'arch-router'],
    ['katanemo/Arch-Router-1.5B', 'arch-router'],
    ['Plano-Orchestrator-4B.Q8_0.gguf', 'plano'],
    ['Plano Orchestrator 4B', 'plano'],
    ['qwen2.5-1.5b-instruct-q4_k_m.gguf', 'generic'],
    ['/home/arch-router/smollm2.gguf', 'generic'],
    ['research-router.gguf', 'generic'],
  ])('of %s is %s', (name, expected) => {
    expect(detectDialect([name])).toBe(expected);
  });

  it('is told by any of its names', () => {
    expect(detectDialect(['model.gguf', 'Arch-Router 1.5B'])).toBe('arch-router');
  });

  it.each(['arch-router', 'plano', 'generic'] as const)('%s is there to be asked for', (id) => {
    expect(dialectOf(id).id).toBe(id);
  });
});
