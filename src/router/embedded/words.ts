// What single words mean, of many more words than the encoder comes to know: a table of vectors and weights.
// models/router/scoring.md, section 3c. Sources: weights after Arora et al., ICLR 2017, sec. 3 (smooth inverse
// frequency), learned further; made by models/router/train/words.py.
import { readHalves } from './half';
import { times, unit } from '../vector';

export interface WordTable {
  readonly columns: number;
  /** FNV-1a numbers of the words, sorted: a word's row is the place of its number. */
  readonly keys: Uint32Array;
  /** How much a word counts in its text. */
  readonly mass: Float32Array;
  /** rows x columns, row-major; of any length, only the direction counts. */
  readonly codes: Int8Array;
}

/** Throws RangeError when the length is wrong. */
export function readWords(bytes: Uint8Array, columns: number): WordTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength < 4 ? 0 : view.getUint32(0, true);
  if (bytes.byteLength !== 4 + count * (6 + columns)) throw new RangeError(`a table of ${count} words does not have ${bytes.byteLength} bytes`);
  const keys = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) keys[row] = view.getUint32(4 + 4 * row, true);
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset + 4 + 6 * count, count * columns);
  return { columns, keys, mass: readHalves(view, 4 + 4 * count, count), codes };
}

export interface Words {
  readonly table: WordTable;
  /** So many words of a text are compared one by one. */
  readonly heaviest: number;
}

/** A text as its words. */
export interface WordBag {
  /** Weighted sum of all its words, of length 1; zeros when none is known. */
  readonly sum: Float32Array;
  /** Its weightiest different words: unit vectors one after another, and their masses. */
  readonly units: Float32Array;
  readonly masses: Float32Array;
}

/** `text` is prepared (lower case). */
export function bagOf(text: string, { table, heaviest }: Words): WordBag {
  const rows = rowsOf(text, table);
  const different = [...new Set(rows)].sort((a, b) => massOf(table, b) - massOf(table, a)).slice(0, heaviest);
  const units = new Float32Array(different.length * table.columns);
  different.forEach((row, index) => {
    units.set(unitOf(table, row), index * table.columns);
  });
  return { sum: weightedSum(rows, table), units, masses: Float32Array.from(different, (row) => massOf(table, row)) };
}

/** Known words in order; a plural stands for its singular when only that is known. */
function rowsOf(text: string, { keys }: WordTable): number[] {
  return (text.match(/[a-z0-9]+/gu) ?? []).flatMap((word) => {
    const row = placeOf(keys, fnv(word));
    if (row >= 0) return [row];
    const singular = word.endsWith('s') ? placeOf(keys, fnv(word.slice(0, -1))) : -1;
    return singular >= 0 ? [singular] : [];
  });
}

/** FNV-1a, 32 bits. */
function fnv(word: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index += 1) hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

function placeOf(keys: Uint32Array, key: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = keys[middle] as number;
    if (found === key) return middle;
    if (found < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

const massOf = ({ mass }: WordTable, row: number): number => mass[row] as number;

function unitOf({ codes, columns }: WordTable, row: number): Float32Array {
  return unit(new Float32Array(codes.subarray(row * columns, (row + 1) * columns)));
}

function weightedSum(rows: readonly number[], table: WordTable): Float32Array {
  const total = new Float32Array(table.columns);
  for (const row of rows) {
    const vector = unitOf(table, row);
    const mass = massOf(table, row);
    for (let column = 0; column < total.length; column += 1) total[column] = (total[column] as number) + (vector[column] as number) * mass;
  }
  return unit(total);
}

/** How well the request's words stand for the route's (`covered`) and the route's for the request's (`covering`), by mass. */
export function cover(request: WordBag, route: WordBag): { readonly covered: number; readonly covering: number } {
  const [asked, offered] = [request.masses.length, route.masses.length];
  if (asked === 0 || offered === 0) return { covered: 0, covering: 0 };
  const columns = request.units.length / asked;
  const nearestOffered = new Float32Array(asked).fill(-1);
  const nearestAsked = new Float32Array(offered).fill(-1);
  for (let a = 0; a < asked; a += 1) {
    const near = times(route.units, request.units.subarray(a * columns, (a + 1) * columns));
    for (let b = 0; b < offered; b += 1) {
      const likeness = near[b] as number;
      if (likeness > (nearestOffered[a] as number)) nearestOffered[a] = likeness;
      if (likeness > (nearestAsked[b] as number)) nearestAsked[b] = likeness;
    }
  }
  return { covered: byMass(nearestAsked, route.masses), covering: byMass(nearestOffered, request.masses) };
}

function byMass(values: Float32Array, masses: Float32Array): number {
  let [total, weight] = [0, 0];
  for (let index = 0; index < values.length; index += 1) {
    total += (values[index] as number) * (masses[index] as number);
    weight += masses[index] as number;
  }
  return total / Math.max(weight, 1e-6);
}
