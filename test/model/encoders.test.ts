import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBiEncoder } from '../../src/adapters/classifiers/bi-encoder';
import { createReranker } from '../../src/adapters/classifiers/cross-encoder';
import { createVectorCache } from '../../src/adapters/classifiers/vectors';
import { tinyBert } from '../support/gguf';
import { startTestRuntime, type TestRuntime } from '../support/runtime';

const never = new AbortController().signal;
const clock = { now: () => performance.now() };
const routes = [
  { name: 'bug', description: 'fix error', examples: [] },
  { name: 'sql', description: 'query sql', examples: [] },
  { name: 'docs', description: 'write docs', examples: [] },
];
let test: TestRuntime;

beforeAll(async () => {
  test = await startTestRuntime();
});
afterAll(() => test.close());

const biEncoder = (path: string) =>
  createBiEncoder({
    runtime: test.runtime,
    model: { path, use: 'embedding', contextTokens: 512 },
    vectors: createVectorCache(test.runtime),
    deadlineMs: 150,
    clock,
  });

describe('a GGUF encoder', () => {
  it.each([
    ['fix error', 'bug'],
    ['sql query', 'sql'],
    ['docs', 'docs'],
  ])('sends "%s" to %s, by vectors of the real runtime', async (text, expected) => {
    const found = await biEncoder(test.write('bert.gguf', tinyBert({ width: 256 }))).classify({ text, routes }, never);
    expect(found.distribution[0]?.route).toBe(expected);
    expect(found.distribution).toHaveLength(4);
  });

  it('is asked again by a cross-encoder where it is in doubt', async () => {
    const first = biEncoder(test.write('bert.gguf', tinyBert({ width: 256 })));
    const ranker = test.write('rank.gguf', tinyBert({ pooling: 4 }));
    const classifier = createReranker({ runtime: test.runtime, model: { path: ranker, use: 'ranking', contextTokens: 512 }, first, margin: 2, deadlineMs: 400, clock });
    const found = await classifier.classify({ text: 'fix error', routes }, never);
    expect(found.classifier).toBe('embedding+rerank');
    expect(found.distribution.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(found.notes).toEqual([expect.stringContaining('second time')]);
  });
});
