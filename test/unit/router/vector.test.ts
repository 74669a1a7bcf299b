import { describe, expect, it } from 'vitest';
import { dot, times, unit } from '../../../src/router/vector';

const vector = (...numbers: number[]): Float32Array => new Float32Array(numbers);

describe('vectors', () => {
  it.each([0, 1, 3, 4, 5, 8, 11])('times a matrix of %i rows is each row times the vector', (rows) => {
    const matrix = Float32Array.from({ length: rows * 3 }, (_, index) => (index % 7) - 3);
    const by = vector(0.5, -1, 2);
    const expected = Array.from({ length: rows }, (_, row) => dot(matrix.subarray(row * 3, row * 3 + 3), by));
    expect([...times(matrix, by)]).toEqual(expected);
  });

  it('a vector without numbers makes nothing', () => {
    expect(times(vector(), vector())).toHaveLength(0);
  });

  it('a vector of zeros stays one', () => {
    expect([...unit(vector(0, 0))]).toEqual([0, 0]);
    expect(dot(unit(vector(3, 4)), vector(3, 4))).toBeCloseTo(5);
  });
});
