import { describe, expect, it } from 'vitest';
import { exportPlano, importPlano } from '../../../src/adapters/plano-yaml';

const PLANO = `version: v0.4.0

model_providers:
  - model: openai/gpt-4o
    access_key: $OPENAI_API_KEY

routing_preferences:
  - name: code generation
    description: generating new code snippets or boilerplate
    models:
      - anthropic/claude-sonnet-4-6
      - openai/gpt-4o
  - name: "general: questions"
    description: >
      casual conversation
      and simple queries
    models: [openai/gpt-4o-mini]
    selection_policy:
      prefer: none
`;

describe('routes from Plano', () => {
  it('come with name, description and models in order', () => {
    expect(importPlano(PLANO)).toEqual({
      routes: [
        {
          name: 'code generation',
          description: 'generating new code snippets or boilerplate',
          models: ['anthropic/claude-sonnet-4-6', 'openai/gpt-4o'],
        },
        { name: 'general: questions', description: 'casual conversation and simple queries', models: ['openai/gpt-4o-mini'] },
      ],
      problems: [],
    });
  });

  it('are read from the older form too, models of one name together', () => {
    const old = `version: v0.3.0
llm_providers:
  - model: openai/gpt-4o
    routing_preferences:
      - name: code
        description: code
      - name: chat
        description: chat
  - model: openai/gpt-4o-mini
    routing_preferences:
      - name: chat
        description: chat
  - model: openai/unused
`;
    expect(importPlano(old)).toEqual({
      routes: [
        { name: 'code', description: 'code', models: ['openai/gpt-4o'] },
        { name: 'chat', description: 'chat', models: ['openai/gpt-4o', 'openai/gpt-4o-mini'] },
      ],
      problems: [],
    });
  });

  it('follow aliases and merges', () => {
    const text = `x: &m [a/b]
y: &route {name: one, description: first, models: *m}
routing_preferences:
  - *route
  - <<: *route
    name: two
`;
    expect(importPlano(text).routes).toEqual([
      { name: 'one', description: 'first', models: ['a/b'] },
      { name: 'two', description: 'first', models: ['a/b'] },
    ]);
  });

  it.each([
    ['a syntax error', 'routing_preferences:\n  - name: a\n   description: b\n', 3],
    ['an open quote', 'version: v0.4.0\nrouting_preferences:\n  - name: "a\n', 4],
    ['the same key twice', 'routing_preferences: []\nrouting_preferences: []\n', 2],
  ])('are refused as a whole for %s, with its line', (_, text, line) => {
    const { routes, problems } = importPlano(text);
    expect(routes).toEqual([]);
    expect(problems[0]?.line).toBe(line);
  });

  it.each([
    ['a list', '- a\n', 1, 'is expected'],
    ['nothing', '', 0, 'is expected'],
    ['no routes', 'version: v0.4.0\n', 1, 'no "routing_preferences"'],
    ['a map of routes', 'routing_preferences:\n  a: b\n', 2, 'must be a list'],
  ])('cannot be read from %s', (_, text, line, words) => {
    const { routes, problems } = importPlano(text);
    expect(routes).toEqual([]);
    expect(problems).toEqual([{ line, message: expect.stringContaining(words) as string }]);
  });

  it.each([
    ['no name', '  - description: b\n    models: [c]\n', 2, '"name" is missing'],
    ['no description', '  - name: a\n    models: [c]\n', 2, '"description" is missing'],
    ['a number for a name', '  - name: 4\n    description: b\n    models: [c]\n', 2, '"name" must be a text'],
    ['no models', '  - name: a\n    description: b\n', 2, '"models" is missing'],
    ['an empty list of models', '  - name: a\n    description: b\n    models: []\n', 4, '"models" must be a list'],
    ['one model as text', '  - name: a\n    description: b\n    models: c\n', 4, '"models" must be a list'],
    ['the reserved name', '  - name: other\n    description: b\n    models: [c]\n', 2, 'cannot be called so'],
    ['a text for a route', '  - just words\n', 2, 'must have'],
  ])('leave out one with %s and keep the rest', (_, item, line, words) => {
    const { routes, problems } = importPlano(`routing_preferences:\n${item}  - {name: good, description: d, models: [m]}\n`);
    expect(routes.map(({ name }) => name)).toEqual(['good']);
    expect(problems).toEqual([{ line, message: expect.stringContaining(words) as string }]);
  });

  it('say what is not taken over', () => {
    const text = `routing_preferences:
  - name: a
    description: b
    models: [m]
    selection_policy: {prefer: cheapest}
  - name: a
    description: again
    models: [n]
`;
    const { routes, problems } = importPlano(text);
    expect(routes).toEqual([{ name: 'a', description: 'b', models: ['m'] }]);
    expect(problems.map(({ line, message }) => `${line} ${message.slice(0, 29)}`)).toEqual([
      '5 "selection_policy: cheapest" ',
      '6 The route "a" is there twice;',
    ]);
  });

  it('cannot blow up by aliases of aliases', () => {
    const levels = Array.from({ length: 12 }, (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index},`.repeat(10)}]`);
    const bomb = `l0: &l0 x\n${levels.join('\n')}\nrouting_preferences:\n  - {name: a, description: b, models: *l12}\n`;
    const start = performance.now();
    const { routes, problems } = importPlano(bomb);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(routes).toEqual([]);
    expect(problems[0]).toEqual({ line: 15, message: expect.stringContaining('alias') as string });
  });
});

describe('routes to Plano', () => {
  it('come back as they were', () => {
    const routes = [
      { name: 'sql_data', description: 'queries: joins, "views"\nand # comments', models: ['local/qwen', 'openai/gpt-4o'] },
      { name: "what's new?", description: '- a dash, {braces}, 数据, yes', models: ['m'] },
      { name: 'null', description: '0123', models: ['true'] },
      { name: 'long', description: 'word '.repeat(200).trim(), models: ['m'] },
    ];
    const { text, problems } = exportPlano(routes);
    expect(problems).toEqual([]);
    expect(text).toMatch(/^version: v0\.4\.0\nrouting_preferences:\n {2}- name: sql_data\n/u);
    expect(importPlano(text)).toEqual({ routes, problems: [] });
  });

  it('take the default models where they have none, and say what Plano cannot hold', () => {
    const routes = [
      { name: 'a', description: 'd', models: [], examples: ['do a'] },
      { name: 'b', description: 'd', models: ['m'] },
    ];
    expect(importPlano(exportPlano(routes, ['standard']).text).routes[0]?.models).toEqual(['standard']);
    expect(exportPlano(routes, ['standard']).problems).toEqual(['The examples of "a" are left out: Plano has none.']);
    const without = exportPlano(routes);
    expect(importPlano(without.text).routes.map(({ name }) => name)).toEqual(['b']);
    expect(without.problems[0]).toContain('"a" is left out');
  });
});
