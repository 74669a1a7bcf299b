// The last resort among classifiers: idf-weighted word overlap with a route's name, description and examples.
// Needs no model, never fails, and answers synchronously.
import type { Classifier, ClassifierInput, ClassifierRoute, Clock } from './ports';
import { OTHER, type Classification, type ScoredRoute } from './types';
import { contentWords } from './words';

export const LEXICAL_ID = 'lexical';

const NAME_WEIGHT = 1.2;
const EXAMPLE_WEIGHT = 0.6;
const PREVIOUS_TURN_WEIGHT = 0.25;
/** Evidence a follow-up gives to the route of the turn before it. */
const STICKY = 0.6;
/** Score of `other`: a route needs about this much evidence to be believed. */
const OTHER_SCORE = 0.35;
const SHARPNESS = 5;

export function createLexicalClassifier(clock: Clock): Classifier {
  return {
    id: LEXICAL_ID,
    deadlineMs: Number.POSITIVE_INFINITY,
    classify: (input) => Promise.resolve(classifyLexically(input, clock)),
  };
}

export function classifyLexically(input: ClassifierInput, clock: Clock): Classification {
  const start = clock.now();
  const scores = lexicalScores(input);
  const distribution = softmax([
    ...input.routes.map((route, index) => ({ route: route.name, score: scores[index] ?? 0 })),
    { route: OTHER, score: OTHER_SCORE },
  ]);
  return { classifier: LEXICAL_ID, distribution, ms: clock.now() - start };
}

/** One score per route, in the order of the routes; about 0 (nothing shared) to 1 (all words shared). */
export function lexicalScores(input: ClassifierInput): number[] {
  const index = buildIndex(input.routes);
  const query = weigh(contentWords(input.text), index);
  const previous = weigh(contentWords(input.previousUser ?? ''), index);
  const short = query.total === 0 || contentWords(input.text).length <= 3;
  return index.routes.map((route) => {
    const own = overlap(query, route);
    const before = overlap(previous, route) * PREVIOUS_TURN_WEIGHT;
    const sticky = short && route.name === input.previousRoute ? STICKY : 0;
    return Math.max(own + before, sticky);
  });
}

interface IndexedRoute {
  readonly name: string;
  readonly words: ReadonlyMap<string, number>;
}

interface Index {
  readonly routes: readonly IndexedRoute[];
  readonly idf: ReadonlyMap<string, number>;
}

function buildIndex(routes: readonly ClassifierRoute[]): Index {
  const indexed = routes.map((route) => ({ name: route.name, words: routeWords(route) }));
  const found = new Map<string, number>();
  for (const { words } of indexed) for (const word of words.keys()) found.set(word, (found.get(word) ?? 0) + 1);
  const idf = new Map([...found].map(([word, count]) => [word, Math.log(1 + routes.length / count)]));
  return { routes: indexed, idf };
}

function routeWords(route: ClassifierRoute): Map<string, number> {
  const words = new Map<string, number>();
  const add = (text: string, weight: number): void => {
    for (const word of contentWords(text)) words.set(word, Math.max(words.get(word) ?? 0, weight));
  };
  for (const example of route.examples) add(example, EXAMPLE_WEIGHT);
  add(route.description, 1);
  add(route.name, NAME_WEIGHT);
  return words;
}

interface WeighedWords {
  readonly words: ReadonlyMap<string, number>;
  readonly total: number;
}

function weigh(words: readonly string[], index: Index): WeighedWords {
  const weights = new Map<string, number>();
  for (const word of words) {
    const idf = index.idf.get(word);
    if (idf !== undefined) weights.set(word, idf);
  }
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return { words: weights, total };
}

function overlap(query: WeighedWords, route: IndexedRoute): number {
  if (query.total === 0) return 0;
  let sum = 0;
  for (const [word, idf] of query.words) sum += idf * (route.words.get(word) ?? 0);
  // One weak shared word must not look like certainty: damp by how much evidence there is at all.
  return (sum / query.total) * (query.total / (query.total + 1));
}

export function softmax(
  scored: readonly { readonly route: string; readonly score: number }[],
  sharpness = SHARPNESS,
): ScoredRoute[] {
  const top = Math.max(...scored.map(({ score }) => score));
  const exps = scored.map(({ route, score }) => ({ route, e: Math.exp((score - top) * sharpness) }));
  const total = exps.reduce((sum, { e }) => sum + e, 0);
  return exps.map(({ route, e }) => ({ route, probability: e / total })).sort((a, b) => b.probability - a.probability);
}
