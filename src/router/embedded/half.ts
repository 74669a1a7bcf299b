// Numbers of 16 bits (IEEE 754 binary16), as the files of the shipped model hold them.
const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** The same number in 32 bits: exponent and fraction move, but for the tiniest and for what is not a number. */
function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0 || exponent === 31) return oddHalf(half & 0x8000 ? -1 : 1, exponent, fraction);
  bits[0] = ((half & 0x8000) << 16) | ((exponent + 112) << 23) | (fraction << 13);
  return single[0] as number;
}

function oddHalf(sign: number, exponent: number, fraction: number): number {
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
}

/** Little-endian numbers from byte `start` on. A loop, not `from`: files hold a quarter of a million of them. */
export function readHalves(view: DataView, start: number, length: number): Float32Array {
  const out = new Float32Array(length);
  for (let index = 0; index < length; index += 1) out[index] = halfToNumber(view.getUint16(start + index * 2, true));
  return out;
}
