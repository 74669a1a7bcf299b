// Evidence for each route: similarities of vectors, shared words, and how the conversation stands.
// models/router/scoring.md, section 3; the order of the inputs is the manifest's.
import { bankEvidence, type Bank } from './bank';
import type { Scoring } from './manifest';
import type { Pieces } from './pieces';
import { trigramsOf, wordsOf, type RouteTexts } from './texts';

/** Unit vectors by text; `undefined` is a fault of the caller's, who embeds every text first. */
export type Vectors = (text: string) => Float32Array;

const SIMILAR = ['desc', 'name', 'both', 'lex', 'prev', 'asst', 'ex', 'cen', 'ask', 'proto', 'carry'] as const;

export type Features = Readonly<Record<string, number>>;

export interface Evidence {
  readonly pieces: Pieces;
  readonly routes: readonly RouteTexts[];
  readonly vectors: Vectors;
  readonly stopWords: ReadonlySet<string>;
  readonly probe: Scoring['probe'];
  readonly bank: Bank;
}

/** One record of named inputs per route, in the order of the routes. */
export function routeFeatures(evidence: Evidence): Features[] {
  const shared = sharedFeatures(evidence);
  const lexical = lexicalOverlaps(evidence);
  const { pieces, vectors } = evidence;
  const { routes: known, ...banked } = bankEvidence(evidence.bank, vectors(pieces.last), evidence.routes.map(({ both }) => vectors(both)));
  const own = evidence.routes.map((route, index) => ({
    ...ownFeatures(route, evidence),
    ...(known[index] ?? { known: 0, proto: 0, carry: 0 }),
    lex: lexical[index] ?? 0,
  }));
  const highest = Object.fromEntries(SIMILAR.map((key) => [key, Math.max(...own.map((one) => one[key]))]));
  return own.map((one) => ({
    ...one,
    ...shared,
    ...banked,
    stick: one.is_prev === 1 ? (shared['cont'] ?? 0) : 0,
    ...Object.fromEntries(SIMILAR.map((key) => [`rel_${key}`, (one[key] - (highest[key] ?? 0)) * 3])),
  }));
}

function ownFeatures(route: RouteTexts, { pieces, routes, vectors }: Evidence) {
  const last = vectors(pieces.last);
  const both = vectors(route.both);
  const said = trigramsOf(pieces.last);
  const previous = routes.find(({ name }) => name === pieces.previousRoute);
  const similarity = dot(both, last);
  /** An empty text is similar to nothing. */
  const likeBoth = (text: string): number => (text === '' ? 0 : dot(both, vectors(text)));
  return {
    desc: dot(vectors(route.description), last),
    name: dot(vectors(route.nameText), last),
    both: similarity,
    tri: route.trigrams.size === 0 ? 0 : countShared(said, route.trigrams) / route.trigrams.size,
    prev: likeBoth(pieces.previous),
    asst: likeBoth(pieces.assistant),
    ...exampleFeatures(both, route.examples.map(vectors), last),
    ask: pieces.ask === '' ? similarity : dot(both, vectors(pieces.ask)),
    is_prev: Number(previous?.name === route.name),
    near_prev: likeBoth(previous?.both ?? ''),
    opaque: Number(route.opaque),
    catch_all: Number(route.catchAll),
    has_ex: Number(route.examples.length > 0),
  };
}

/** The nearest example, and the centre of the examples with the route's own text as prior. */
function exampleFeatures(both: Float32Array, examples: readonly Float32Array[], last: Float32Array): { ex: number; cen: number } {
  if (examples.length === 0) return { ex: dot(both, last), cen: dot(both, last) };
  const centre = both.slice();
  for (const example of examples) for (let index = 0; index < centre.length; index += 1) centre[index] = (centre[index] as number) + (example[index] as number);
  return { ex: Math.max(...examples.map((example) => dot(example, last))), cen: dot(centre, last) / Math.sqrt(dot(centre, centre)) };
}

function sharedFeatures(evidence: Evidence): Features {
  const { pieces, routes } = evidence;
  const words = pieces.last.split(' ').length;
  const hasPreviousRoute = routes.some(({ name }) => name === pieces.previousRoute);
  return {
    cont: hasPreviousRoute ? continuation(evidence) : 0,
    asst_asks: Number(Array.from(pieces.assistant).slice(-80).includes('?')),
    has_prev_route: Number(hasPreviousRoute),
    has_prev: pieces.previous === '' ? 0 : 1,
    has_asst: pieces.assistant === '' ? 0 : 1,
    short: 1 / (1 + words / 4),
    long: Math.min(1, words / 60),
    log_n: Math.log(routes.length) / 3,
  };
}

/** How much the turn, by its wording alone, goes on with the task before it: -1 (a new task) to 1. */
function continuation({ pieces, vectors, probe }: Evidence): number {
  if (!probe) return 0;
  const vector = vectors(pieces.last);
  const value = probe.weight.reduce((total, weight, index) => total + weight * (vector[index] ?? 0), probe.bias);
  return Math.max(-4, Math.min(4, value)) / 4;
}

/** Cosine of idf-weighted word sets, one per route. */
function lexicalOverlaps({ pieces, routes, stopWords }: Evidence): number[] {
  const said = wordsOf(pieces.last, stopWords);
  const words = routes.map((route) => routeWords(route, stopWords));
  const found = new Map<string, number>();
  for (const set of words) for (const word of set) found.set(word, (found.get(word) ?? 0) + 1);
  const weight = (word: string): number => Math.log((routes.length + 1) / (found.get(word) ?? 1)) ** 2;
  const known = [...said].filter((word) => found.has(word));
  const queryLength = Math.sqrt(sum(known.map(weight)));
  return words.map((set) => {
    const hit = sum(known.filter((word) => set.has(word)).map(weight));
    return hit > 0 ? hit / (queryLength * Math.sqrt(sum([...set].map(weight)))) : 0;
  });
}

const wordSets = new WeakMap<RouteTexts, ReadonlySet<string>>();

function routeWords(route: RouteTexts, stopWords: ReadonlySet<string>): ReadonlySet<string> {
  const words = wordSets.get(route) ?? wordsOf(route.both, stopWords);
  wordSets.set(route, words);
  return words;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const countShared = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => [...a].filter((one) => b.has(one)).length;

export function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let index = 0; index < a.length; index += 1) total += (a[index] as number) * (b[index] as number);
  return total;
}
