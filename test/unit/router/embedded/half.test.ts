import { describe, expect, it } from 'vitest';
import { readHalves } from '../../../../src/router/embedded/half';

describe('numbers of 16 bits', () => {
  it.each([
    ['one', 0x3c00, 1],
    ['a negative fraction', 0xb555, -0.333251953125],
    ['the largest', 0x7bff, 65504],
    ['the smallest normal one', 0x0400, 2 ** -14],
    ['one below the normal ones', 0x8001, -(2 ** -24)],
    ['zero', 0x0000, 0],
    ['infinity', 0x7c00, Number.POSITIVE_INFINITY],
    ['no number', 0x7e00, Number.NaN],
  ])('reads %s', (_, half, number) => {
    const bytes = new Uint8Array([0xff, half & 0xff, half >> 8]);
    expect([...readHalves(new DataView(bytes.buffer), 1, 1)]).toEqual([number]);
  });
});
