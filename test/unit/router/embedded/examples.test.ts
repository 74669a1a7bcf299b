import { describe, expect, it } from 'vitest';
import { followExamples } from '../../../../src/router/embedded/examples';
import { routeTexts } from '../../../../src/router/embedded/texts';

const routes = [
  { name: 'testing', description: 'writing tests', examples: ['write tests for this', 'hello there'] },
  { name: 'bug_fixing', description: 'fixing errors', examples: ['Why does this test fail', 'hello there'] },
].map(routeTexts);
const distribution = [
  { route: 'testing', probability: 0.6 },
  { route: 'bug_fixing', probability: 0.3 },
  { route: 'other', probability: 0.1 },
];

describe('a request in the words of an example', () => {
  it('belongs to the route of that example', () => {
    const [top, ...others] = followExamples(distribution, routes, 'why does this test fail?');
    expect(top).toEqual({ route: 'bug_fixing', probability: 0.97 });
    expect(others.map(({ route }) => route)).toEqual(['testing', 'other']);
    expect(others.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(0.03);
  });

  it.each(['why does that test fail?', 'hello there', ''])('is weighed as before when no single route has it: %j', (said) => {
    expect(followExamples(distribution, routes, said)).toBe(distribution);
  });
});
