import { describe, expect, it } from 'vitest';
import { classifyLexically } from '../../../src/router/lexical';
import type { ClassifierInput } from '../../../src/router/ports';
import { contentWords, splitWords, stem } from '../../../src/router/words';
import { defaultRoutes } from '../../../src/settings/defaults';

const clock = { now: () => 0 };
const route = (text: string, more: Partial<ClassifierInput> = {}) =>
  classifyLexically({ text, routes: defaultRoutes, ...more }, clock);

describe('the lexical classifier', () => {
  it.each([
    ['why do I get a KeyError here', 'bug_fixing'],
    ['write tests for this', 'testing'],
    ['review my changes', 'code_review'],
    ['write a Dockerfile for this service', 'shell_devops'],
    ['the docstrings are missing', 'documentation'],
    ['join orders with customers', 'sql_data'],
  ])('reads "%s" as %s', (text, expected) => {
    expect(route(text).distribution[0]?.route).toBe(expected);
  });

  it.each(['', '???', 'zxcvb qwertz', '天気はどうですか'])('calls "%s" other', (text) => {
    expect(route(text).distribution[0]?.route).toBe('other');
  });

  it('gives every route and other one probability, highest first, summing to 1', () => {
    const { distribution } = route('make this function faster');
    expect(distribution).toHaveLength(defaultRoutes.length + 1);
    expect(distribution.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 10);
    const probabilities = distribution.map((one) => one.probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });

  it('keeps the route of the turn before for a two-word follow-up', () => {
    const followUp = route('and now?', { previousRoute: 'testing', previousUser: 'write tests for this' });
    expect(followUp.distribution[0]?.route).toBe('testing');
  });

  it('does not depend on the order of the routes', () => {
    const text = 'the build fails with this message';
    const reversed = route(text, { routes: [...defaultRoutes].reverse() });
    const [top] = route(text).distribution;
    expect(reversed.distribution[0]?.route).toBe(top?.route);
    expect(reversed.distribution[0]?.probability).toBeCloseTo(top?.probability ?? 0, 10);
  });

  it('reads descriptions when names say nothing', () => {
    const opaque = defaultRoutes.map((one, index) => ({ ...one, name: `R${index}` }));
    const index = defaultRoutes.findIndex((one) => one.name === 'sql_data');
    expect(route('SQL queries over schemas', { routes: opaque }).distribution[0]?.route).toBe(`R${index}`);
  });
});

describe('words', () => {
  it('splits identifiers', () => {
    expect(splitWords('parseHTTPRequest_now C++ foo-bar')).toEqual(['parse', 'http', 'request', 'now', 'c++', 'foo', 'bar']);
  });

  it.each([['fixing', 'fixed'], ['queries', 'query'], ['tests', 'testing'], ['crashes', 'crash'], ['generate', 'generation']])(
    'meets %s and %s in one stem',
    (a, b) => {
      expect(stem(a)).toBe(stem(b));
    },
  );

  it('leaves out stop words', () => {
    expect(contentWords('can you please do this for me')).toEqual([]);
  });
});
