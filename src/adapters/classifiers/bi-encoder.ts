// Any GGUF embedding model as classifier: similarity of the request with each route's description and examples.
// Raw cosines mean something else with every model, so they are compared with those of texts that fit no route.
import { headAndTail } from '../../router/conversation';
import { softmax } from '../../router/lexical';
import type { Classifier, ClassifierInput, ClassifierRoute, Clock } from '../../router/ports';
import { OTHER, type Classification, type ScoredRoute } from '../../router/types';
import { dot } from '../../router/vector';
import { splitWords } from '../../router/words';
import { routeNames } from '../../router/dialects/dialect';
import { toDistribution } from '../../router/dialects/distribution';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';
import { embeddingPrefixes } from './embedding-prefixes';
import type { VectorCache } from './vectors';

export interface BiEncoderDeps {
  readonly runtime: LlamaRuntime;
  readonly model: ModelSpec;
  readonly vectors: VectorCache;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly id?: string;
  /** Softmax temperature over standard scores; 1 when left out. Higher is less sure. */
  readonly temperature?: number;
  /** Standard score that a route must beat to be more probable than `other`; 2 when left out. */
  readonly otherScore?: number;
}

/** Texts that belong to no developer's route: their similarities are what "unrelated" looks like to this model. */
const UNRELATED = [
  'hello, good morning',
  'thanks, see you later',
  'what is the weather like tomorrow',
  'tell me a joke about cats',
  'a recipe for lentil soup',
  'who won the match last night',
  'book a table for two people',
  'how old is the moon',
  'which bus goes to the station',
  'my aunt turns sixty in May',
  'I feel tired today',
  'buy milk and bread',
] as const;

/** About 200 tokens: more makes a small encoder late and says little more. */
const QUERY_CHARS = 800;
const ROUTE_CHARS = 400;
const MOST_EXAMPLES = 16;
/** Standard scores a two-word follow-up takes from the turn before it, and from that turn's route. */
const PREVIOUS_WEIGHT = 0.5;
const STICKY_SCORE = 1;
/** Words at which a message counts half as a follow-up. */
const FOLLOW_UP_WORDS = 4;
const LEAST_SPREAD = 0.005;

export function createBiEncoder(deps: BiEncoderDeps): Classifier {
  const { clock, model, vectors } = deps;
  const id = deps.id ?? 'embedding';
  return {
    id,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal): Promise<Classification> => {
      const start = clock.now();
      const distribution = await score(deps, input, signal);
      return { classifier: id, distribution, ms: clock.now() - start };
    },
    warm: (routes) => {
      // What goes wrong here goes wrong again, and is reported, when the first request comes.
      const { documents, unrelated } = fixedTexts(deps, routes);
      vectors.vectors(model, [...documents.flat(), ...unrelated], new AbortController().signal).catch(() => undefined);
    },
  };
}

async function score(deps: BiEncoderDeps, input: ClassifierInput, signal: AbortSignal): Promise<ScoredRoute[]> {
  const { model, vectors } = deps;
  const names = routeNames(input.routes);
  if (names.length === 0) return toDistribution(new Map(), []);
  const routes = names.flatMap((name) => input.routes.find((route) => route.name === name) ?? []);
  const { documents, unrelated, query } = fixedTexts(deps, routes);
  const asked = [input.text, ...(input.previousUser === undefined ? [] : [input.previousUser])].map(query);
  const flat = documents.flat();
  const all = await vectors.vectors(model, [...asked, ...unrelated, ...flat], signal);
  const take = (count: number): Float32Array[] => all.splice(0, count);
  const [last, previous] = take(asked.length);
  const background = take(unrelated.length);
  const perRoute = documents.map((texts) => take(texts.length));
  const spread = spreadOf(perRoute.map((route) => background.map((vector) => closest(vector, route))));
  const followUp = 1 / (1 + splitWords(input.text).length / FOLLOW_UP_WORDS);
  const scored = routes.map(({ name }, index) => {
    const standard = (vector: Float32Array | undefined): number =>
      vector ? (closest(vector, perRoute[index] ?? []) - (spread.means[index] ?? 0)) / spread.deviation : 0;
    const before = PREVIOUS_WEIGHT * standard(previous) + (name === input.previousRoute ? STICKY_SCORE : 0);
    return { route: name, score: standard(last) + followUp * before };
  });
  return softmax([...scored, { route: OTHER, score: deps.otherScore ?? 2 }], 1 / (deps.temperature ?? 1));
}

interface FixedTexts {
  /** Per route: name with description, then examples. */
  readonly documents: string[][];
  readonly unrelated: string[];
  readonly query: (text: string) => string;
}

function fixedTexts({ model }: BiEncoderDeps, routes: readonly ClassifierRoute[]): FixedTexts {
  const prefixes = embeddingPrefixes(model.path);
  const query = (text: string): string => `${prefixes.query}${headAndTail(text, QUERY_CHARS)}`;
  return {
    documents: routes.map(({ name, description, examples }) => [
      `${prefixes.document}${splitWords(name).join(' ')}: ${description.slice(0, ROUTE_CHARS)}`,
      ...examples.slice(0, MOST_EXAMPLES).map(query),
    ]),
    unrelated: UNRELATED.map(query),
    query,
  };
}

function closest(vector: Float32Array, candidates: readonly Float32Array[]): number {
  return Math.max(...candidates.map((candidate) => dot(vector, candidate)));
}

interface Spread {
  readonly means: readonly number[];
  /** Pooled over all routes: a dozen texts are too few for one deviation per route. */
  readonly deviation: number;
}

function spreadOf(similarities: readonly (readonly number[])[]): Spread {
  const means = similarities.map((row) => row.reduce((sum, value) => sum + value, 0) / Math.max(1, row.length));
  const squares = similarities.flatMap((row, index) => row.map((value) => (value - (means[index] ?? 0)) ** 2));
  const variance = squares.reduce((sum, value) => sum + value, 0) / Math.max(1, squares.length - means.length);
  return { means, deviation: Math.max(LEAST_SPREAD, Math.sqrt(variance)) };
}
