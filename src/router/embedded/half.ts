// Numbers of 16 bits (IEEE 754 binary16), as the files of the shipped model hold them.
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** Little-endian numbers from byte `start` on. A loop, not `from`: files hold a quarter of a million of them. */
export function readHalves(view: DataView, start: number, length: number): Float32Array {
  const out = new Float32Array(length);
  for (let index = 0; index < length; index += 1) out[index] = halfToNumber(view.getUint16(start + index * 2, true));
  return out;
}
