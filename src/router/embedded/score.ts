// From vectors to probabilities: the head that was fitted with the shipped router model.
// models/router/scoring.md, sections 2 to 5.
import { softmax } from '../lexical';
import { OTHER, type ScoredRoute } from '../types';
import type { Bank } from './bank';
import { routeFeatures, type Features, type Vectors } from './features';
import { readHalves } from './half';
import type { Layer, Scoring } from './manifest';
import type { Pieces } from './pieces';
import type { RouteTexts } from './texts';
import { times, unit } from '../vector';
import type { Words } from './words';

/** Projection of a pooled embedding: z = tanh(W x + b), made a unit vector. */
export interface Projection {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Reads W (row-major) and b from little-endian float16. Throws RangeError when the length is wrong. */
export function readProjection(bytes: Uint8Array, rows: number, columns: number): Projection {
  if (bytes.byteLength !== (rows * columns + rows) * 2) {
    throw new RangeError(`a projection of ${rows} x ${columns} does not have ${bytes.byteLength} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    rows,
    columns,
    weights: readHalves(view, 0, rows * columns),
    bias: readHalves(view, rows * columns * 2, rows),
  };
}

export function project(pooled: Float32Array, { weights, bias }: Projection): Float32Array {
  return unit(times(weights, pooled).map((total, row) => Math.tanh(total + (bias[row] ?? 0))));
}

export interface EmbeddedInput {
  readonly pieces: Pieces;
  readonly routes: readonly RouteTexts[];
  readonly vectors: Vectors;
  readonly bank: Bank;
  readonly words: Words;
}

/** A probability for every route and for `other`, highest first. */
export function embeddedDistribution(input: EmbeddedInput, scoring: Scoring): ScoredRoute[] {
  const features = routeFeatures({ ...input, stopWords: stopWordsOf(scoring), probe: scoring.probe });
  const scores = features.map((one) =>
    perceptron(standardise(pick(one, scoring.route_inputs), scoring.route_mean, scoring.route_std), scoring.route_layers),
  );
  const set = setFeatures(features, scores);
  const other = perceptron(standardise(pick(set, scoring.set_inputs), scoring.set_mean, scoring.set_std), scoring.other_layers);
  const scored = input.routes.map(({ name }, index) => ({ route: name, score: scores[index] ?? 0 }));
  return softmax([...scored, { route: OTHER, score: other }], 1 / scoring.temperature);
}

const stopWords = new WeakMap<Scoring, ReadonlySet<string>>();

function stopWordsOf(scoring: Scoring): ReadonlySet<string> {
  const words = stopWords.get(scoring) ?? new Set(scoring.stop_words);
  stopWords.set(scoring, words);
  return words;
}

/** What all routes together say about "none of them". */
function setFeatures(features: readonly Features[], scores: readonly number[]): Features {
  const ordered = [...scores].sort((a, b) => b - a);
  const [top = 0, second = top - 3] = ordered;
  const mean = average(scores);
  const spread = Math.sqrt(average(scores.map((score) => (score - mean) ** 2)));
  const highest = (key: string): number => Math.max(...features.map((one) => one[key] ?? 0));
  const previous = features.findIndex((one) => one['is_prev'] === 1);
  const shared = (key: string): number => features[0]?.[key] ?? 0;
  return {
    cont: shared('cont'),
    top: top / 5,
    margin: (top - second) / 5,
    mean: mean / 5,
    spread: spread / 5,
    top_both: highest('both'),
    top_desc: highest('desc'),
    mean_both: average(features.map((one) => one['both'] ?? 0)),
    top_lex: highest('lex'),
    log_n: shared('log_n'),
    short: shared('short'),
    has_prev_route: shared('has_prev_route'),
    prev_logit: (scores[previous] ?? 0) / 5,
    top_ex: highest('ex'),
    bank_top: shared('bank_top'),
    bank_mass: shared('bank_mass'),
    bank_gap: shared('bank_gap'),
    known_mean: shared('known_mean'),
    top_proto: highest('proto'),
  };
}

const average = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

function pick(features: Features, names: readonly string[]): number[] {
  return names.map((name) => {
    const value = features[name];
    if (value === undefined) throw new RangeError(`the router model asks for an input "${name}" that is not known`);
    return value;
  });
}

function standardise(values: readonly number[], mean: readonly number[], deviation: readonly number[]): number[] {
  return values.map((value, index) => (value - (mean[index] ?? 0)) / (deviation[index] ?? 1));
}

/** Hidden layers with tanh, one linear output. */
function perceptron(inputs: readonly number[], layers: readonly Layer[]): number {
  let values = [...inputs];
  layers.forEach(([weights, bias], depth) => {
    const sums = [...bias];
    for (const [input, value] of values.entries()) {
      const row = weights[input] ?? [];
      for (let output = 0; output < sums.length; output += 1) sums[output] = (sums[output] as number) + value * (row[output] ?? 0);
    }
    values = depth + 1 < layers.length ? sums.map(Math.tanh) : sums;
  });
  return values[0] ?? 0;
}
