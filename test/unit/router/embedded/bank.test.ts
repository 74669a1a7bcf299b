import { describe, expect, it } from 'vitest';
import { bankEvidence, readBank } from '../../../../src/router/embedded/bank';

/** Two kinds in two directions of three dimensions, the second with two centroids; the basis is the first two axes in float16. */
const ONE = 0x3c00;
const basis = new Uint16Array([ONE, 0, 0, 0, ONE, 0]);
const codes = new Int8Array([100, 0, 0, 100, 0, -100, /* descriptions */ 100, 0, 0, 100]);
const bytes = new Uint8Array([...new Uint8Array(basis.buffer), 1, 2, ...new Uint8Array(codes.buffer)]);
const shape = { kinds: 2, columns: 2, dimensions: 3, scale: 0.01 };
const bank = readBank(bytes, shape);
const vector = (...numbers: number[]): Float32Array => new Float32Array(numbers);

describe('the bank of known kinds of work', () => {
  it('refuses a file of another length', () => {
    expect(() => readBank(bytes.subarray(1), shape)).toThrow(RangeError);
  });

  it('knows a route by the requests of the kind it is described like', () => {
    const [first, second] = bankEvidence(bank, vector(1, 0, 0), [vector(1, 0, 0), vector(0, 0, 1)]).routes;
    expect(first?.known).toBeCloseTo(1);
    expect(first?.proto).toBeCloseTo(1);
    expect(second?.known).toBeCloseTo(0);
    expect(second?.proto).toBe(0);
    expect(first?.carry).toBeGreaterThan(0.9);
  });

  it('knows a kind by the nearest of its centroids', () => {
    const [route] = bankEvidence(bank, vector(0, -1, 0), [vector(0, 1, 0)]).routes;
    expect(route?.proto).toBeCloseTo(1);
  });

  it('sees that a request belongs to a kind nobody offers', () => {
    const offered = bankEvidence(bank, vector(1, 0, 0), [vector(1, 0, 0)]);
    const missing = bankEvidence(bank, vector(0, 1, 0), [vector(1, 0, 0)]);
    expect(offered.bank_gap).toBeLessThan(0);
    expect(missing.bank_gap).toBeGreaterThan(0);
    expect(missing.bank_mass).toBeLessThan(offered.bank_mass);
  });

  it('keeps what it knows of the routes only for these routes', () => {
    const [one, other] = [vector(1, 0, 0), vector(0, 1, 0)];
    const offered = bankEvidence(bank, one, [one]);
    bankEvidence(bank, one, [other]);
    bankEvidence(bank, one, [one, other]);
    expect(bankEvidence(bank, one, [one])).toEqual(offered);
  });
});
