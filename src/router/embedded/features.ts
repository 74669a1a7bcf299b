// Evidence for each route: similarities of vectors, shared words, and how the conversation stands.
// models/router/scoring.md, section 3; the order of the inputs is the manifest's.
import { bankEvidence, type Bank } from './bank';
import type { Scoring } from './manifest';
import type { Pieces } from './pieces';
import { trigramsOf, wordsOf, type RouteTexts } from './texts';
import { dot, unit } from '../vector';
import { bagOf, cover, type WordBag, type Words } from './words';

/** Unit vectors by text; `undefined` is a fault of the caller's, who embeds every text first. */
export type Vectors = (text: string) => Float32Array;

const SIMILAR = ['desc', 'name', 'both', 'lex', 'prev', 'asst', 'ex', 'cen', 'ask', 'proto', 'carry', 'words', 'words_name', 'covered', 'covering', 'words_ask', 'words_ex'] as const;

/** Each as it stands to the best of the routes. */
const RELATIVE = SIMILAR.map((key) => [key, `rel_${key}`] as const);

export type Features = Readonly<Record<string, number>>;

export interface Evidence {
  readonly pieces: Pieces;
  readonly routes: readonly RouteTexts[];
  readonly vectors: Vectors;
  readonly stopWords: ReadonlySet<string>;
  readonly probe: Scoring['probe'];
  readonly bank: Bank;
  readonly words: Words;
}

/** One record of named inputs per route, in the order of the routes. */
export function routeFeatures(evidence: Evidence): Features[] {
  const shared = sharedFeatures(evidence);
  const lexical = lexicalOverlaps(evidence);
  const { pieces, vectors } = evidence;
  const { routes: known, ...banked } = bankEvidence(evidence.bank, vectors(pieces.last), evidence.routes.map(({ both }) => vectors(both)));
  const worded = wordFeatures(evidence);
  const trigrams = trigramsOf(pieces.last);
  const own = evidence.routes.map((route, index) => ({
    ...ownFeatures(route, trigrams, evidence),
    ...worded(route),
    ...(known[index] ?? { known: 0, proto: 0, carry: 0 }),
    lex: lexical[index] ?? 0,
  }));
  const highest = Object.fromEntries(SIMILAR.map((key) => [key, Math.max(...own.map((one) => one[key]))]));
  return own.map((one) => ({
    ...one,
    ...shared,
    ...banked,
    stick: one.is_prev === 1 ? (shared['cont'] ?? 0) : 0,
    ...Object.fromEntries(RELATIVE.map(([key, name]) => [name, (one[key] - (highest[key] ?? 0)) * 3])),
  }));
}

function ownFeatures(route: RouteTexts, said: ReadonlySet<string>, { pieces, routes, vectors }: Evidence) {
  const last = vectors(pieces.last);
  const both = vectors(route.both);
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
    ...exampleFeatures(route, vectors, last),
    ask: pieces.ask === '' ? similarity : dot(both, vectors(pieces.ask)),
    is_prev: Number(previous?.name === route.name),
    near_prev: likeBoth(previous?.both ?? ''),
    opaque: Number(route.opaque),
    catch_all: Number(route.catchAll),
    has_ex: Number(route.examples.length > 0),
  };
}

/** What single words say, apart from the encoder. */
function wordFeatures({ pieces, words }: Evidence) {
  const said = bagOf(pieces.last, words);
  const asked = pieces.ask === '' ? said : bagOf(pieces.ask, words);
  return (route: RouteTexts) => {
    const { both, name, examples } = routeBags(route, words);
    const similarity = dot(both.sum, said.sum);
    return {
      words: similarity,
      words_name: dot(name.sum, said.sum),
      words_ask: dot(both.sum, asked.sum),
      words_ex: examples.length === 0 ? similarity : Math.max(...examples.map(({ sum: example }) => dot(example, said.sum))),
      ...cover(said, both),
    };
  };
}

interface RouteBags {
  readonly words: Words;
  readonly both: WordBag;
  readonly name: WordBag;
  readonly examples: readonly WordBag[];
}

const bags = new WeakMap<RouteTexts, RouteBags>();

function routeBags(route: RouteTexts, words: Words): RouteBags {
  const known = bags.get(route);
  if (known?.words === words) return known;
  const bag = (text: string): WordBag => bagOf(text, words);
  const made = { words, both: bag(route.both), name: bag(route.nameText), examples: route.examples.map(bag) };
  bags.set(route, made);
  return made;
}

/** The nearest example, and the centre of the examples with the route's own text as prior. */
function exampleFeatures(route: RouteTexts, vectors: Vectors, last: Float32Array): { ex: number; cen: number } {
  const both = vectors(route.both);
  if (route.examples.length === 0) return { ex: dot(both, last), cen: dot(both, last) };
  return { ex: Math.max(...route.examples.map((example) => dot(vectors(example), last))), cen: dot(centreOf(route, both, vectors), last) };
}

const centres = new WeakMap<RouteTexts, { readonly both: Float32Array; readonly centre: Float32Array }>();

/** Unit vector; kept as long as the route's own vector is the same. */
function centreOf(route: RouteTexts, both: Float32Array, vectors: Vectors): Float32Array {
  const known = centres.get(route);
  if (known?.both === both) return known.centre;
  const centre = both.slice();
  for (const example of route.examples.map(vectors)) for (let index = 0; index < centre.length; index += 1) centre[index] = (centre[index] as number) + (example[index] as number);
  centres.set(route, { both, centre: unit(centre) });
  return centre;
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
