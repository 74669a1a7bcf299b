// Looks at the header of a GGUF file: is it one, and what does it say of itself? Read in small pieces, since the
// vocabulary in it is some megabytes long. The runtime checks files far more strictly in its own process before it
// loads them (adapters/llama/gguf-check.ts).
import { type FileHandle, open } from 'node:fs/promises';
import { RouterError } from '../../shared/errors';
import { diskFailure } from './failures';
import { createMarkFinder, type MarkFinder } from './gguf-marks';

export interface GgufFacts {
  readonly bytes: number;
  readonly architecture: string;
  readonly name: string | undefined;
  readonly contextTokens: number | undefined;
  /** `general.size_label`, such as `1.5B`. */
  readonly sizeLabel: string | undefined;
  /** llama.cpp's pooling type: 4 is a re-ranker, others embed; undefined for models that write text. */
  readonly poolingType: number | undefined;
  /** How it wants a conversation to be written (Jinja); undefined for models that only go on with a text. */
  readonly chatTemplate: string | undefined;
  /** Whether it has marks for filling in the middle. */
  readonly fillsIn: boolean;
}

/** Rejects with RouterError `bad_file` when it is no GGUF, `disk` when it cannot be read. */
export async function readGgufFacts(path: string): Promise<GgufFacts> {
  const { values, marks, bytes } = await readHeader(path).catch((error: unknown) => {
    throw diskFailure(error, path);
  });
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (key: string): number | undefined => {
    const value = values.get(key);
    return typeof value === 'number' ? value : undefined;
  };
  const architecture = text('general.architecture');
  if (architecture === undefined) throw bad('It names no architecture.');
  return {
    bytes,
    architecture,
    name: text('general.name'),
    sizeLabel: text('general.size_label'),
    contextTokens: number(`${architecture}.context_length`),
    poolingType: number(`${architecture}.pooling_type`),
    chatTemplate: text('tokenizer.chat_template'),
    fillsIn: marks.found() || MARK_KEYS.some((keys) => keys.every((key) => values.has(`tokenizer.ggml.${key}`))),
  };
}

/** Newer files and older ones. */
const MARK_KEYS = [
  ['fim_pre_token_id', 'fim_suf_token_id'],
  ['prefix_token_id', 'suffix_token_id'],
];
const PIECE_BYTES = 2 ** 18;
/** No header is as long as that, nor any text in it. */
const MOST_BYTES = 2 ** 28;
const LONGEST_TEXT = 2 ** 22;

type Value = string | number | boolean | undefined;

interface Header {
  readonly values: ReadonlyMap<string, Value>;
  readonly marks: MarkFinder;
  readonly bytes: number;
}

async function readHeader(path: string): Promise<Header> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const cursor: Cursor = { handle, held: Buffer.alloc(0), at: 0, read: 0, marks: createMarkFinder() };
    return { values: await readValues(cursor), marks: cursor.marks, bytes: size };
  } finally {
    await handle.close();
  }
}

async function readValues(cursor: Cursor): Promise<ReadonlyMap<string, Value>> {
  const head = await take(cursor, 24);
  if (cursor.held.toString('latin1', 0, 4) !== 'GGUF') throw bad('It does not begin as GGUF files do.');
  const version = head?.readUInt32LE(4) ?? 0;
  if (!head || version < 2 || version > 3) throw bad('It is cut off, or of a version this runtime does not know.');
  const count = Number(head.readBigUInt64LE(16));
  const values = new Map<string, Value>();
  for (let index = 0; index < count; index += 1) {
    const entry = await readEntry(cursor);
    if (!entry) break;
    values.set(...entry);
  }
  return values;
}

interface Cursor {
  readonly handle: FileHandle;
  readonly marks: MarkFinder;
  /** What has been read and not been passed yet begins at `at`. */
  held: Buffer;
  at: number;
  /** Bytes read so far. */
  read: number;
}

/** Undefined at the end, of the file or of what can be understood. */
async function readEntry(cursor: Cursor): Promise<[string, Value] | undefined> {
  const key = await readString(cursor);
  const type = (await take(cursor, 4))?.readUInt32LE(0);
  if (key === undefined || type === undefined) return undefined;
  if (type === LIST) return (await skipList(cursor, key)) ? [key, undefined] : undefined;
  const value = type === STRING ? await readString(cursor) : await readScalar(cursor, type);
  return value === undefined ? undefined : [key, value];
}

const holds = ({ held, at }: Cursor, bytes: number): boolean => at + bytes <= held.length;

async function fill(cursor: Cursor, bytes: number): Promise<boolean> {
  const { handle, held, at } = cursor;
  if (bytes > LONGEST_TEXT || cursor.read > MOST_BYTES) return false;
  const rest = held.subarray(at);
  const more = Buffer.alloc(Math.max(PIECE_BYTES, bytes));
  const { bytesRead } = await handle.read(more, 0, more.length, cursor.read);
  cursor.read += bytesRead;
  cursor.held = Buffer.concat([rest, more.subarray(0, bytesRead)]);
  cursor.at = 0;
  return holds(cursor, bytes);
}

async function take(cursor: Cursor, bytes: number): Promise<Buffer | undefined> {
  if (!holds(cursor, bytes) && !(await fill(cursor, bytes))) return undefined;
  cursor.at += bytes;
  return cursor.held.subarray(cursor.at - bytes, cursor.at);
}

async function readScalar(cursor: Cursor, type: number): Promise<Value> {
  const scalar = SCALARS[type];
  const bytes = scalar && (await take(cursor, scalar.bytes));
  return bytes && scalar.read(bytes, 0);
}

/** False when the list goes beyond the file, or holds what this does not know. */
async function skipList(cursor: Cursor, key: string): Promise<boolean> {
  const type = (await take(cursor, 4))?.readUInt32LE(0);
  const count = (await take(cursor, 8))?.readBigUInt64LE(0);
  if (type === undefined || count === undefined) return false;
  if (type !== STRING) return skipBytes(cursor, Number(count) * (SCALARS[type]?.bytes ?? Infinity));
  return skipStrings(cursor, Number(count), key === 'tokenizer.ggml.tokens' ? cursor.marks : undefined);
}

/** Hundreds of thousands of them: no waiting for what is here already. */
async function skipStrings(cursor: Cursor, count: number, marks: MarkFinder | undefined): Promise<boolean> {
  for (let left = count; left > 0; left -= 1) {
    if (!holds(cursor, 8) && !(await fill(cursor, 8))) return false;
    const whole = 8 + Number(cursor.held.readBigUInt64LE(cursor.at));
    if (!holds(cursor, whole) && !(await fill(cursor, whole))) return false;
    const start = cursor.at + 8;
    cursor.at += whole;
    marks?.see(cursor.held, start, cursor.at);
  }
  return true;
}

async function skipBytes(cursor: Cursor, bytes: number): Promise<boolean> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    if (!(await take(cursor, Math.min(left, PIECE_BYTES)))) return false;
  }
  return true;
}

async function readString(cursor: Cursor): Promise<string | undefined> {
  const length = (await take(cursor, 8))?.readBigUInt64LE(0);
  return length === undefined ? undefined : (await take(cursor, Number(length)))?.toString('utf8');
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
