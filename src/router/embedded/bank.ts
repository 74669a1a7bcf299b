// Kinds of work that the shipped router model was trained on, each by centroids of its requests and by its description.
// A request near to a kind that nobody offers is a sign of `other`; a route described like one in the bank is also
// known by that one's requests. models/router/scoring.md, section 3. Source of the idea: RouterRetriever,
// arXiv 2409.02685, sec. 3 (a route as the centroid of pilot requests).
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

/** rows x columns times a vector. */
function times(matrix: Float32Array, vector: Float32Array): Float32Array {
  const columns = vector.length;
  const out = new Float32Array(matrix.length / columns);
  for (let row = 0; row < out.length; row += 1) {
    let total = 0;
    const start = row * columns;
    for (let column = 0; column < columns; column += 1) total += (matrix[start + column] as number) * (vector[column] as number);
    out[row] = total;
  }
  return out;
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
  const top = near[highest(near)] ?? 0;
  const weights = near.map((value) => Math.exp(SHARP * (value - top)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const like = routes.map((route) => alike(bank, route));
  const evidence = like.map((row) => {
    const best = highest(row);
    const known = row[best] ?? 0;
    let carry = 0;
    for (let kind = 0; kind < row.length; kind += 1) carry += (weights[kind] as number) * (row[kind] as number);
    return { known, proto: (near[best] ?? 0) * between((known - 0.6) / 0.4), carry: carry / total };
  });
  return {
    routes: evidence,
    bank_top: top,
    ...offeredShare(near, weights, like),
    known_mean: evidence.reduce((sum, { known }) => sum + known, 0) / Math.max(1, evidence.length),
  };
}

function offeredShare(near: Float32Array, weights: Float32Array, like: readonly Float32Array[]): { bank_mass: number; bank_gap: number } {
  let [mass, total, farTop, nearTop] = [0, 0, -Infinity, -Infinity];
  const highestLike = new Float32Array(near.length).fill(-1);
  for (const row of like) {
    for (let kind = 0; kind < row.length; kind += 1) {
      if ((row[kind] as number) > (highestLike[kind] as number)) highestLike[kind] = row[kind] as number;
    }
  }
  for (let kind = 0; kind < near.length; kind += 1) {
    const offered = highestLike[kind] as number;
    const weight = weights[kind] as number;
    total += weight;
    mass += weight * between((offered - 0.5) / 0.5);
    if (offered >= NEAR) nearTop = Math.max(nearTop, near[kind] as number);
    else farTop = Math.max(farTop, near[kind] as number);
  }
  return { bank_mass: mass / total, bank_gap: orZero(farTop) - orZero(nearTop) };
}

const between = (value: number): number => Math.min(1, Math.max(0, value));
const orZero = (value: number): number => (Number.isFinite(value) ? value : 0);

function highest(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) if ((values[index] as number) > (values[best] as number)) best = index;
  return best;
}
