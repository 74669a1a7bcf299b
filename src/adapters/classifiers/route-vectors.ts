// Vectors of route texts, kept in a file from session to session, so that a new window need not embed its routes.
// Texts are named by their hash; requests are never kept. The file is a cache: what cannot be read is made anew.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import * as z from 'zod';
import { messageOf } from '../../shared/errors';
import type { Log } from '../../shared/log';

export interface RouteVectorsOptions {
  readonly path: string;
  /** SHA-256 of the model that makes the vectors; those of another model are dropped. */
  readonly model: string;
  readonly dimensions: number;
  readonly log: Log;
}

export interface RouteVectors {
  get(text: string): Float32Array | undefined;
  /** Keeps the vectors of these texts and no others, soon. Never throws. */
  keep(vectors: ReadonlyMap<string, Float32Array>): void;
  /** Resolves when what was kept is on disk. */
  written(): Promise<void>;
}

const stored = z.object({ model: z.string(), keys: z.array(z.string()), numbers: z.instanceof(Float32Array) });

const SOON_MS = 500;

export async function openRouteVectors({ path, model, dimensions, log }: RouteVectorsOptions): Promise<RouteVectors> {
  const known = await read({ path, model, dimensions, log });
  let waiting: NodeJS.Timeout | undefined;
  let next: ReadonlyMap<string, Float32Array> | undefined;
  let writing = Promise.resolve();
  const write = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    const vectors = next;
    next = undefined;
    if (!vectors) return;
    const numbers = new Float32Array(vectors.size * dimensions);
    [...vectors.values()].forEach((vector, row) => {
      numbers.set(vector, row * dimensions);
    });
    const bytes = serialize({ model, keys: [...vectors.keys()].map(keyOf), numbers });
    writing = writing.then(() => replace(path, bytes)).catch((error: unknown) => {
      log.debug(`route vectors are not kept: ${messageOf(error)}`);
    });
  };
  return {
    get: (text) => known.get(keyOf(text)),
    keep: (vectors) => {
      if (vectors.size === known.size && [...vectors.keys()].every((text) => known.has(keyOf(text)))) return;
      known.clear();
      for (const [text, vector] of vectors) known.set(keyOf(text), vector);
      next = new Map(vectors);
      waiting ??= setTimeout(write, SOON_MS).unref();
    },
    written: () => {
      write();
      return writing;
    },
  };
}

async function read({ path, model, dimensions, log }: RouteVectorsOptions): Promise<Map<string, Float32Array>> {
  const bytes = await readFile(path).catch(() => undefined); // none yet
  if (!bytes) return new Map();
  try {
    const { keys, numbers, model: made } = stored.parse(deserialize(bytes));
    if (made !== model) return new Map();
    if (numbers.length !== keys.length * dimensions || !numbers.every(Number.isFinite)) throw new RangeError('its numbers are not whole');
    return new Map(keys.map((key, row) => [key, numbers.slice(row * dimensions, (row + 1) * dimensions)]));
  } catch (error) {
    log.warn(`${path} cannot be read and is made anew: ${messageOf(error)}`);
    return new Map();
  }
}

/** By a second file, so that a crash leaves the old or the new one. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
}

const keyOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
