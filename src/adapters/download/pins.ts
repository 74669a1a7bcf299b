// Hashes of files whose publisher states none: the first download is remembered, later ones must be the same file.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { messageOf } from '../../shared/errors';
import type { Log } from '../../shared/log';

export interface PinStore {
  get(id: string): Promise<string | undefined>;
  set(id: string, sha256: string): Promise<void>;
  forget(id: string): Promise<void>;
}

const pins = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/u));

/** Reads the file for every question: several windows share it. */
export function createPinStore(path: () => string, log: Log): PinStore {
  const read = async (): Promise<Record<string, string>> => {
    const text = await readFile(path(), 'utf8').catch((error: unknown) => {
      log.trace(`No pinned hashes yet: ${messageOf(error)}`);
      return '{}';
    });
    try {
      return pins.parse(JSON.parse(text));
    } catch (error) {
      log.warn(`The pinned hashes in ${path()} cannot be read and start anew: ${messageOf(error)}`);
      return {};
    }
  };
  const change = async (id: string, sha256: string | undefined): Promise<void> => {
    const { [id]: _old, ...others } = await read();
    const file = path();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify(sha256 === undefined ? others : { ...others, [id]: sha256 }, null, 2));
    await rename(`${file}.new`, file);
  };
  return {
    get: async (id) => (await read())[id],
    set: change,
    forget: (id) => change(id, undefined),
  };
}
