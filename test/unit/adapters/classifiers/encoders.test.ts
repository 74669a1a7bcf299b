import { describe, expect, it } from 'vitest';
import { createBiEncoder } from '../../../../src/adapters/classifiers/bi-encoder';
import { createReranker } from '../../../../src/adapters/classifiers/cross-encoder';
import { embeddingPrefixes } from '../../../../src/adapters/classifiers/embedding-prefixes';
import { createVectorCache } from '../../../../src/adapters/classifiers/vectors';
import type { Classifier } from '../../../../src/router/ports';
import type { Classification, ScoredRoute } from '../../../../src/router/types';
import { dot } from '../../../../src/router/vector';
import { contentWords } from '../../../../src/router/words';
import { RouterError } from '../../../../src/shared/errors';
import { fakeRuntime, type FakeRuntimeOptions } from '../../../support/fake-runtime';

const never = new AbortController().signal;
const clock = { now: () => 0 };
const model = { path: '/models/m.gguf', use: 'embedding' } as const;
const routes = [
  { name: 'bug_fixing', description: 'crash error failing', examples: [] },
  { name: 'sql_data', description: 'query join table schema', examples: ['top customers by revenue'] },
  { name: 'docs', description: 'readme comment docstring', examples: [] },
];

/** A bag of words, with a part that all texts share, as real models have. */
function bag(text: string): number[] {
  const vector = new Array<number>(1024).fill(text === '' ? 0 : 0.02);
  for (const word of contentWords(text)) {
    const place = Buffer.from(word).reduce((sum, byte) => (sum * 31 + byte) % 1021, 7);
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}

function encoder(options: FakeRuntimeOptions = {}, more: { temperature?: number; otherScore?: number; path?: string } = {}) {
  const runtime = fakeRuntime({ embed: bag, ...options });
  const { path = model.path, ...rest } = more;
  return { runtime, classifier: createBiEncoder({ runtime, model: { ...model, path }, vectors: createVectorCache(runtime), deadlineMs: 150, clock, ...rest }) };
}

describe('the bi-encoder', () => {
  it.each([
    ['there is a crash and an error', 'bug_fixing'],
    ['join the table with the schema', 'sql_data'],
    ['revenue of our top customers', 'sql_data'],
    ['a comment in the readme', 'docs'],
    ['tell me a joke about the weather', 'other'],
    ['', 'other'],
  ])('reads "%s" as %s', async (text, expected) => {
    const { distribution } = await encoder().classifier.classify({ text, routes }, never);
    expect(distribution[0]?.route).toBe(expected);
    expect(distribution).toHaveLength(4);
    expect(distribution.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
  });

  it('does not depend on how alike a model finds all texts', async () => {
    const alike = (text: string): number[] => bag(text).map((value) => value + 0.2);
    const { distribution } = await encoder({ embed: alike }).classifier.classify({ text: 'join the table with the schema', routes }, never);
    expect(distribution[0]?.route).toBe('sql_data');
    const { distribution: none } = await encoder({ embed: alike }).classifier.classify({ text: 'a recipe for soup', routes }, never);
    expect(none[0]?.route).toBe('other');
  });

  it('embeds routes once, and then only what is new', async () => {
    const { classifier, runtime } = encoder();
    await classifier.classify({ text: 'first', routes }, never);
    await classifier.classify({ text: 'second', routes }, never);
    await classifier.classify({ text: 'third', previousUser: 'second', routes }, never);
    expect(runtime.embedded[1]).toEqual(['second']);
    expect(runtime.embedded[2]).toEqual(['third']);
    await classifier.classify({ text: 'third', routes: [...routes, { name: 'new', description: 'fresh', examples: [] }] }, never);
    expect(runtime.embedded[3]).toEqual(['new: fresh']);
  });

  it('has routes embedded before the first request when warmed', async () => {
    const { classifier, runtime } = encoder();
    classifier.warm?.(routes);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await classifier.classify({ text: 'first', routes }, never);
    expect(runtime.embedded[1]).toEqual(['first']);
  });

  it('lets a short follow-up lean on the turn before and its route', async () => {
    const followUp = { text: 'and now?', previousUser: 'join the table with the schema', previousRoute: 'sql_data', routes };
    const alone = await encoder().classifier.classify({ text: 'and now?', routes }, never);
    const { distribution } = await encoder().classifier.classify(followUp, never);
    expect(alone.distribution[0]?.route).toBe('other');
    expect(distribution[0]?.route).toBe('sql_data');
  });

  it('is less sure at a higher temperature, and calls more other with a higher bar', async () => {
    const ask = async (more: object) => (await encoder({}, more).classifier.classify({ text: 'an error in the readme', routes }, never)).distribution;
    const top = (await ask({}))[0]?.probability ?? 0;
    expect((await ask({ temperature: 4 }))[0]?.probability).toBeLessThan(top);
    expect((await ask({ otherScore: 50 }))[0]?.route).toBe('other');
  });

  it('reads the beginning and end of a long request only', async () => {
    const { classifier, runtime } = encoder();
    await classifier.classify({ text: `crash ${'x '.repeat(5000)} end`, routes }, never);
    expect(runtime.embedded[0]?.[0]?.length).toBeLessThan(900);
    expect(runtime.embedded[0]?.[0]).toMatch(/^crash[\s\S]*end$/u);
  });

  it('marks texts as the model’s card wants it', async () => {
    const { classifier, runtime } = encoder({}, { path: '/m/nomic-embed-text-v1.5.Q8_0.gguf' });
    await classifier.classify({ text: 'hi', routes }, never);
    expect(runtime.embedded[0]).toContain('search_query: hi');
    expect(runtime.embedded[0]).toContain('search_document: bug fixing: crash error failing');
  });

  it.each([
    ['multilingual-e5-small-Q8_0.gguf', 'query: '],
    ['multilingual-e5-large-instruct.gguf', 'Instruct: Find the kind of work that a developer asks for\nQuery: '],
    ['bge-small-en-v1.5-q8_0.gguf', 'Represent this sentence for searching relevant passages: '],
    ['bge-m3.gguf', ''],
    ['embeddinggemma-300M-Q8_0.gguf', 'task: search result | query: '],
    ['all-MiniLM-L6-v2.gguf', ''],
  ])('knows the marker of %s', (file, query) => {
    expect(embeddingPrefixes(`/models/${file}`).query).toBe(query);
  });

  it('answers other when there are no routes', async () => {
    expect((await encoder().classifier.classify({ text: 'x', routes: [] }, never)).distribution).toEqual([{ route: 'other', probability: 1 }]);
  });

  it('refuses vectors that are none', async () => {
    const { classifier } = encoder({ embed: () => [Number.NaN, 1] });
    await expect(classifier.classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'runtime' });
  });

  it('passes on failures and cancellation', async () => {
    await expect(encoder({ fails: new RouterError('bad_file', 'damaged') }).classifier.classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'bad_file' });
    const controller = new AbortController();
    controller.abort();
    await expect(encoder().classifier.classify({ text: 'x', routes }, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the vector cache', () => {
  it('keeps no more than it should, and apart for each model', async () => {
    const runtime = fakeRuntime({ embed: bag });
    const cache = createVectorCache(runtime, 3);
    const [first] = await cache.vectors(model, ['a', 'b', 'c', 'd', 'e'], never);
    expect(cache.size).toBe(3);
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5);
    await cache.vectors({ ...model, path: '/other.gguf' }, ['e'], never);
    expect(runtime.embedded).toHaveLength(2);
  });

  it('asks for a text once, though it is wanted twice', async () => {
    const runtime = fakeRuntime({ embed: bag });
    const [a, b] = await createVectorCache(runtime).vectors(model, ['same', 'same'], never);
    expect(runtime.embedded).toEqual([['same']]);
    expect(dot(a!, b!)).toBeCloseTo(1, 6);
  });
});

const firstReader = (distribution: ScoredRoute[], notes?: string[]): Classifier & { warmed: number } => {
  const answer: Classification = { classifier: 'embedding', distribution, ms: 0, ...(notes ? { notes } : {}) };
  return {
    id: 'embedding',
    deadlineMs: 150,
    warmed: 0,
    classify: () => Promise.resolve(answer),
    warm() {
      this.warmed += 1;
    },
  };
};
const scored = (...pairs: [string, number][]): ScoredRoute[] => pairs.map(([route, probability]) => ({ route, probability }));
const reranker = (first: Classifier, options: FakeRuntimeOptions = {}) => {
  const runtime = fakeRuntime(options);
  return { runtime, classifier: createReranker({ runtime, model: { path: '/r.gguf', use: 'ranking' }, first, topK: 2, deadlineMs: 300, clock }) };
};

describe('the re-ranker', () => {
  const doubtful = scored(['docs', 0.4], ['sql_data', 0.35], ['bug_fixing', 0.15], ['other', 0.1]);

  it('leaves a clear answer alone', async () => {
    const { classifier, runtime } = reranker(firstReader(scored(['docs', 0.7], ['sql_data', 0.2], ['other', 0.1])));
    expect((await classifier.classify({ text: 'x', routes }, never)).classifier).toBe('embedding');
    expect(runtime.ranked).toEqual([]);
  });

  it('reads the best few again when they are close, and says so', async () => {
    const { classifier, runtime } = reranker(firstReader(doubtful, ['first']), { rank: (_, text) => (text.startsWith('sql_data') ? 0.9 : 0.2) });
    const found = await classifier.classify({ text: 'join', routes }, never);
    expect(runtime.ranked).toEqual([['join', 'docs: readme comment docstring', 'sql_data: query join table schema']]);
    expect(found.distribution[0]?.route).toBe('sql_data');
    expect(found.distribution).toHaveLength(4);
    expect(found.distribution.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
    expect(found.classifier).toBe('embedding+rerank');
    expect(found.notes).toEqual(['first', expect.stringContaining('second time')]);
  });

  it('raises other when no route is relevant, and lowers it when one is', async () => {
    const close = scored(['docs', 0.4], ['other', 0.38], ['sql_data', 0.22]);
    const ask = async (relevance: number) => (await reranker(firstReader(close), { rank: () => relevance }).classifier.classify({ text: 'x', routes }, never)).distribution[0]?.route;
    expect(await ask(0.02)).toBe('other');
    expect(await ask(0.95)).toBe('docs');
  });

  it.each([0, 1, Number.NaN])('copes with a relevance of %d', async (relevance) => {
    const { distribution } = await reranker(firstReader(doubtful), { rank: () => relevance }).classifier.classify({ text: 'x', routes }, never);
    expect(distribution.every(({ probability }) => Number.isFinite(probability))).toBe(true);
  });

  it('falls back to the first answer when it fails, and stops when it is cancelled', async () => {
    const { classifier } = reranker(firstReader(doubtful), { fails: new RouterError('runtime', 'gone') });
    const found = await classifier.classify({ text: 'x', routes }, never);
    expect(found.distribution).toEqual(doubtful);
    expect(found.notes?.[0]).toContain('gone');
    const controller = new AbortController();
    controller.abort();
    await expect(reranker(firstReader(doubtful)).classifier.classify({ text: 'x', routes }, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('warms both readers', () => {
    const first = firstReader(doubtful);
    const { classifier, runtime } = reranker(first);
    classifier.warm?.(routes);
    expect([first.warmed, runtime.warmed.length]).toEqual([1, 1]);
  });
});
