// What is computed with vectors wherever texts are compared.

/** Of unit vectors: their cosine. */
export function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let index = 0; index < a.length; index += 1) total += (a[index] as number) * (b[index] as number);
  return total;
}

/** Brings the vector itself to length 1, unless it has none. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.max(Math.sqrt(dot(vector, vector)), 1e-6);
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] as number) / length;
  return vector;
}

/**
 * Each row of `matrix` (row-major, as wide as `vector`) times the vector: one number a row.
 * Four rows at once: each addition to a single sum waits for the one before, which takes twice as long.
 */
export function times(matrix: Float32Array, vector: Float32Array): Float32Array {
  const columns = vector.length;
  const out = new Float32Array(columns === 0 ? 0 : matrix.length / columns);
  const whole = out.length - (out.length % 4);
  for (let row = 0; row < whole; row += 4) fourRows(matrix, vector, row, out);
  for (let row = whole; row < out.length; row += 1) out[row] = dot(vector, matrix.subarray(row * columns, (row + 1) * columns));
  return out;
}

function fourRows(matrix: Float32Array, vector: Float32Array, row: number, out: Float32Array): void {
  const columns = vector.length;
  const start = row * columns;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let column = 0; column < columns; column += 1) {
    const value = vector[column] as number;
    const at = start + column;
    a += (matrix[at] as number) * value;
    b += (matrix[at + columns] as number) * value;
    c += (matrix[at + 2 * columns] as number) * value;
    d += (matrix[at + 3 * columns] as number) * value;
  }
  out[row] = a;
  out[row + 1] = b;
  out[row + 2] = c;
  out[row + 3] = d;
}
