// Kinds of work that the shipped router model was trained on, each by centroids of its requests and by its description.
// A request near to a kind that nobody offers is a sign of `other`; a route described like one in the bank is also
// known by that one's requests. models/router/scoring.md, section 3. Source of the idea: RouterRetriever,
// arXiv 2409.02685, sec. 3 (a route as the centroid of pilot requests).
import { times } from '../vector';
import { readHalves } from './half';

/** Vectors are compared in `columns` dimensions, the leading directions of the bank itself. */
export interface Bank {
  readonly kinds: number;
  readonly columns: number;
  /** columns x dimensions, row-major. */
  readonly basis: Float32Array;
  /** Which rows of `requests` are a kind's centroids: from starts[kind] to starts[kind + 1]. */
  readonly starts: Uint32Array;
  /** rows x columns, row-major: one or more centroids a kind. */
  readonly requests: Float32Array;
  /** kinds x columns, row-major. */
  readonly descriptions: Float32Array;
}

export interface BankShape {
  readonly kinds: number;
  readonly columns: number;
  readonly dimensions: number;
  /** What one step of the stored int8 numbers is worth. */
  readonly scale: number;
}

/** Throws RangeError when the length is wrong. */
export function readBank(bytes: Uint8Array, { kinds, columns, dimensions, scale }: BankShape): Bank {
  const basisBytes = columns * dimensions * 2;
  const starts = startsOf(bytes.subarray(basisBytes, basisBytes + kinds));
  const rows = starts[kinds] ?? 0;
  if (bytes.byteLength !== basisBytes + kinds + (rows + kinds) * columns) throw new RangeError(`a bank of ${kinds} kinds does not have ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes = (start: number, size: number): Float32Array => {
    const out = new Float32Array(new Int8Array(bytes.buffer, bytes.byteOffset + start, size));
    for (let index = 0; index < size; index += 1) out[index] = (out[index] as number) * scale;
    return out;
  };
  return {
    kinds,
    columns,
    basis: readHalves(view, 0, columns * dimensions),
    starts,
    requests: codes(basisBytes + kinds, rows * columns),
    descriptions: codes(basisBytes + kinds + rows * columns, kinds * columns),
  };
}

function startsOf(counts: Uint8Array): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (let kind = 0; kind < counts.length; kind += 1) starts[kind + 1] = (starts[kind] as number) + (counts[kind] as number);
  return starts;
}

/** Similarity of a request with each kind: with the nearest of its centroids. */
function nearness({ kinds, starts, requests, basis }: Bank, request: Float32Array): Float32Array {
  const rows = times(requests, times(basis, request));
  const near = new Float32Array(kinds).fill(-Infinity);
  for (let kind = 0; kind < kinds; kind += 1) {
    for (let row = starts[kind] as number; row < (starts[kind + 1] as number); row += 1) near[kind] = Math.max(near[kind] as number, rows[row] as number);
  }
  return near;
}

const described = new WeakMap<Float32Array, Float32Array>();

/** Similarity of a route's vector with each description of the bank; kept as long as the vector is. */
function alike(bank: Bank, route: Float32Array): Float32Array {
  const known = described.get(route) ?? times(bank.descriptions, times(bank.basis, route));
  described.set(route, known);
  return known;
}

/** From this similarity of the descriptions on a kind of the bank counts as offered. */
const NEAR = 0.7;
/** How sharply a request falls to the nearest kinds. */
const SHARP = 20;
/** Kinds so much farther away than the nearest one weigh nothing: less than a millionth of it. */
const FAR = Math.log(1e6) / SHARP;

export interface BankEvidence {
  /** Per route: similarity with the nearest description, with that kind's requests, and expected over all kinds. */
  readonly routes: readonly { readonly known: number; readonly proto: number; readonly carry: number }[];
  readonly bank_top: number;
  readonly bank_mass: number;
  readonly bank_gap: number;
  readonly known_mean: number;
}

/** What the bank knows of a request (unit vector) and of the routes (unit vectors of their full texts). */
export function bankEvidence(bank: Bank, request: Float32Array, routes: readonly Float32Array[]): BankEvidence {
  const near = nearness(bank, request);
  const offer = offerOf(bank, routes);
  const weights = weightsOf(near);
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const evidence = offer.routes.map(({ like, best, known }) => ({
    known,
    proto: (near[best] ?? 0) * between((known - 0.6) / 0.4),
    carry: weights.reduce((sum, { kind, weight }) => sum + weight * (like[kind] as number), 0) / total,
  }));
  return {
    routes: evidence,
    bank_top: near[highest(near)] ?? 0,
    bank_mass: weights.reduce((sum, { kind, weight }) => sum + weight * between(((offer.highest[kind] as number) - 0.5) / 0.5), 0) / total,
    bank_gap: gap(near, offer.highest),
    known_mean: evidence.reduce((sum, { known }) => sum + known, 0) / Math.max(1, evidence.length),
  };
}

/** Of the kinds near enough to count: how much of the request falls to each. */
function weightsOf(near: Float32Array): { readonly kind: number; readonly weight: number }[] {
  const top = near[highest(near)] ?? 0;
  const weights: { kind: number; weight: number }[] = [];
  for (let kind = 0; kind < near.length; kind += 1) {
    const below = top - (near[kind] as number);
    if (below < FAR) weights.push({ kind, weight: Math.exp(-SHARP * below) });
  }
  return weights;
}

/** How much nearer the nearest kind is that nobody offers than the nearest one that is offered. */
function gap(near: Float32Array, offered: Float32Array): number {
  let [farTop, nearTop] = [-Infinity, -Infinity];
  for (let kind = 0; kind < near.length; kind += 1) {
    const value = near[kind] as number;
    if ((offered[kind] as number) >= NEAR) nearTop = Math.max(nearTop, value);
    else farTop = Math.max(farTop, value);
  }
  return orZero(farTop) - orZero(nearTop);
}

/** What the bank says of the routes alone. */
interface Offer {
  readonly vectors: readonly Float32Array[];
  readonly routes: readonly { readonly like: Float32Array; readonly best: number; readonly known: number }[];
  /** Per kind: the highest similarity of its description with that of a route. */
  readonly highest: Float32Array;
}

const offers = new WeakMap<Bank, Offer>();

/** Kept until other routes are asked about. */
function offerOf(bank: Bank, vectors: readonly Float32Array[]): Offer {
  const kept = offers.get(bank);
  if (kept?.vectors.length === vectors.length && vectors.every((vector, index) => vector === kept.vectors[index])) return kept;
  const routes = vectors.map((vector) => {
    const like = alike(bank, vector);
    const best = highest(like);
    return { like, best, known: like[best] ?? 0 };
  });
  const top = new Float32Array(bank.kinds).fill(-1);
  for (const { like } of routes) for (let kind = 0; kind < top.length; kind += 1) top[kind] = Math.max(top[kind] as number, like[kind] as number);
  const offer = { vectors, routes, highest: top };
  offers.set(bank, offer);
  return offer;
}

const between = (value: number): number => Math.min(1, Math.max(0, value));
const orZero = (value: number): number => (Number.isFinite(value) ? value : 0);

function highest(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) if ((values[index] as number) > (values[best] as number)) best = index;
  return best;
}
