// Looks at the first bytes of a GGUF file: is it one, and what does it say of itself? The runtime checks files far
// more strictly in its own process before it loads them (adapters/llama/gguf-check.ts).
import { open } from 'node:fs/promises';
import { RouterError } from '../../shared/errors';
import { diskFailure } from './failures';

export interface GgufFacts {
  readonly bytes: number;
  readonly architecture: string;
  readonly name: string | undefined;
  readonly contextTokens: number | undefined;
  /** `general.size_label`, such as `1.5B`. */
  readonly sizeLabel: string | undefined;
  /** llama.cpp's pooling type: 4 is a re-ranker, others embed; undefined for models that write text. */
  readonly poolingType: number | undefined;
}

/** General and architecture keys stand before the vocabulary, so this much holds them. */
const LOOK_AT_BYTES = 2 ** 20;

/** Rejects with RouterError `bad_file` when it is no GGUF, `disk` when it cannot be read. */
export async function readGgufFacts(path: string): Promise<GgufFacts> {
  const { head, bytes } = await readHead(path).catch((error: unknown) => {
    throw diskFailure(error, path);
  });
  const values = readValues(head);
  const architecture = values.get('general.architecture');
  if (typeof architecture !== 'string' || architecture === '') throw bad('It names no architecture.');
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (key: string): number | undefined => {
    const value = values.get(key);
    return typeof value === 'number' ? value : undefined;
  };
  return {
    bytes,
    architecture,
    name: text('general.name'),
    sizeLabel: text('general.size_label'),
    contextTokens: number(`${architecture}.context_length`),
    poolingType: number(`${architecture}.pooling_type`),
  };
}

async function readHead(path: string): Promise<{ head: Buffer; bytes: number }> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, LOOK_AT_BYTES));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return { head: buffer.subarray(0, bytesRead), bytes: size };
  } finally {
    await handle.close();
  }
}

type Value = string | number | boolean | undefined;

function readValues(head: Buffer): ReadonlyMap<string, Value> {
  if (head.toString('latin1', 0, 4) !== 'GGUF') throw bad('It does not begin as GGUF files do.');
  const version = head.length < 24 ? 0 : head.readUInt32LE(4);
  if (version < 2 || version > 3) throw bad('It is cut off, or of a version this runtime does not know.');
  const count = Number(head.readBigUInt64LE(16));
  const cursor: Cursor = { head, at: 24 };
  const values = new Map<string, Value>();
  for (let index = 0; index < count; index += 1) {
    const entry = readEntry(cursor);
    if (!entry) break;
    values.set(...entry);
  }
  return values;
}

interface Cursor {
  readonly head: Buffer;
  at: number;
}

/** Undefined at the end of what was read, which is usually somewhere in the vocabulary. */
function readEntry(cursor: Cursor): [string, Value] | undefined {
  const key = readString(cursor);
  const type = take(cursor, 4)?.readUInt32LE(0);
  if (key === undefined || type === undefined) return undefined;
  if (type === LIST) return skipList(cursor) ? [key, undefined] : undefined;
  const value = type === STRING ? readString(cursor) : readScalar(cursor, type);
  return value === undefined ? undefined : [key, value];
}

function take(cursor: Cursor, bytes: number): Buffer | undefined {
  const { head, at } = cursor;
  if (at + bytes > head.length) return undefined;
  cursor.at = at + bytes;
  return head.subarray(at, cursor.at);
}

function readScalar(cursor: Cursor, type: number): Value {
  const scalar = SCALARS[type];
  const bytes = scalar && take(cursor, scalar.bytes);
  return bytes && scalar.read(bytes, 0);
}

/** False when the list goes beyond what was read, or holds what this does not know. */
function skipList(cursor: Cursor): boolean {
  const [type, count] = [take(cursor, 4)?.readUInt32LE(0), take(cursor, 8)?.readBigUInt64LE(0)];
  if (type === undefined || count === undefined) return false;
  if (type !== STRING) return take(cursor, Number(count) * (SCALARS[type]?.bytes ?? Infinity)) !== undefined;
  for (let left = Number(count); left > 0; left -= 1) if (readString(cursor) === undefined) return false;
  return true;
}

function readString(cursor: Cursor): string | undefined {
  const length = take(cursor, 8)?.readBigUInt64LE(0);
  return length === undefined ? undefined : take(cursor, Number(length))?.toString('utf8');
}

const STRING = 8;
const LIST = 9;
const SCALARS: Readonly<Partial<Record<number, { bytes: number; read: (head: Buffer, at: number) => Value }>>> = {
  0: { bytes: 1, read: (head, at) => head.readUInt8(at) },
  1: { bytes: 1, read: (head, at) => head.readInt8(at) },
  2: { bytes: 2, read: (head, at) => head.readUInt16LE(at) },
  3: { bytes: 2, read: (head, at) => head.readInt16LE(at) },
  4: { bytes: 4, read: (head, at) => head.readUInt32LE(at) },
  5: { bytes: 4, read: (head, at) => head.readInt32LE(at) },
  6: { bytes: 4, read: (head, at) => head.readFloatLE(at) },
  7: { bytes: 1, read: (head, at) => head.readUInt8(at) !== 0 },
  10: { bytes: 8, read: (head, at) => Number(head.readBigUInt64LE(at)) },
  11: { bytes: 8, read: (head, at) => Number(head.readBigInt64LE(at)) },
  12: { bytes: 8, read: (head, at) => head.readDoubleLE(at) },
};

function bad(what: string): RouterError {
  return new RouterError('bad_file', `This is not a GGUF model. ${what}`);
}
