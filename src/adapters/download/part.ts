// The unfinished file: `.part` holds the bytes, `.part.json` says which file they belong to and how many of them
// are surely on the disk. The SHA-256 of what is there is kept up to date.
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { throwIfAborted } from '../../shared/abort';
import { messageOf, RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import { diskFailure } from './failures';
import type { Version } from './source';
import type { Disk } from './types';

const sidecar = z.object({
  url: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  announced: z.string().optional(),
  totalBytes: z.number().optional(),
  /** Bytes that were synced to the disk when this was written. */
  bytes: z.number(),
});
type Sidecar = z.infer<typeof sidecar>;

export interface PartFacts {
  readonly version: Version;
  readonly totalBytes: number | undefined;
}

export interface Part {
  readonly path: string;
  bytes(): number;
  facts(): PartFacts;
  /** What the server says of the file; kept for the next session. */
  setFacts(facts: PartFacts): Promise<void>;
  append(chunk: Uint8Array): Promise<void>;
  /** Throws the bytes away. */
  reset(): Promise<void>;
  /** Makes sure that what was received outlives a restart. */
  checkpoint(): Promise<void>;
  sha256(): string;
  firstBytes(count: number): Promise<string>;
  /** Renames the bytes to `path`, once and for all; the part is closed afterwards. */
  moveTo(path: string): Promise<void>;
  close(): Promise<void>;
}

export interface PartDeps {
  readonly target: string;
  /** Address without credentials; a part of another address starts anew. */
  readonly url: string;
  readonly disk: Disk;
  readonly log: Log;
  readonly checkpointBytes: number;
  readonly onChecking: (bytes: number) => void;
}

export const partPath = (target: string): string => `${target}.part`;
const sidecarPath = (target: string): string => `${target}.part.json`;
const NOTHING: PartFacts = { version: {}, totalBytes: undefined };

export async function openPart(deps: PartDeps, signal: AbortSignal): Promise<Part> {
  const path = partPath(deps.target);
  const kept = await usable(await readSidecar(deps.target, deps.log), deps);
  const handle = await touching(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const opened = await open(path, kept ? 'r+' : 'w+');
    await opened.truncate(kept?.bytes ?? 0);
    return opened;
  });
  try {
    const hash = kept ? await hashOf(handle, { ...deps, bytes: kept.bytes }, signal) : createHash('sha256');
    return partOf({ ...deps, path, handle, hash, kept });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Opened extends PartDeps {
  readonly path: string;
  readonly handle: FileHandle;
  readonly hash: Hash;
  readonly kept: Sidecar | undefined;
}

function partOf({ path, handle, disk, kept, hash: firstHash, ...deps }: Opened): Part {
  let hash = firstHash;
  let bytes = kept?.bytes ?? 0;
  let synced = bytes;
  let facts = kept ? { version: versionIn(kept), totalBytes: kept.totalBytes } : NOTHING;
  let closed = false;

  const save = (): Promise<void> =>
    touching(path, async () => {
      await handle.datasync();
      synced = bytes;
      await writeSidecar(deps.target, { url: deps.url, ...facts.version, totalBytes: facts.totalBytes, bytes });
    });
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await handle.close();
  };
  return {
    path,
    bytes: () => bytes,
    facts: () => facts,
    setFacts: async (now) => {
      facts = now;
      await save();
    },
    append: async (chunk) => {
      await touching(path, () => disk.write(handle, chunk, bytes));
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes - synced >= deps.checkpointBytes) await save();
    },
    reset: async () => {
      await touching(path, () => handle.truncate(0));
      [hash, bytes, synced, facts] = [createHash('sha256'), 0, 0, NOTHING];
    },
    checkpoint: async () => {
      if (bytes > synced) await save();
    },
    sha256: () => hash.copy().digest('hex'),
    firstBytes: (count) => firstBytesOf(handle, count),
    moveTo: (to) =>
      touching(to, async () => {
        await handle.sync();
        await close();
        await rename(path, to);
        await rm(sidecarPath(deps.target), { force: true });
      }),
    close,
  };
}

async function firstBytesOf(handle: FileHandle, count: number): Promise<string> {
  const buffer = Buffer.alloc(count);
  const { bytesRead } = await handle.read(buffer, 0, count, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** What an earlier session left, as far as it can be gone on with. */
async function usable(kept: Sidecar | undefined, { target, url, log }: PartDeps): Promise<Sidecar | undefined> {
  if (!kept || kept.bytes === 0) return undefined;
  if (kept.url !== url) {
    log.info(`The part of ${target} came from another address; the download starts anew.`);
    return undefined;
  }
  const size = await sizeOf(partPath(target));
  return size >= kept.bytes ? kept : undefined;
}

const HASH_CHUNK_BYTES = 2 ** 20;

async function hashOf(handle: FileHandle, { bytes, onChecking }: PartDeps & { bytes: number }, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(bytes, HASH_CHUNK_BYTES));
  for (let done = 0; done < bytes; ) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - done), done);
    if (bytesRead === 0) throw new RouterError('disk', 'The part of an earlier download cannot be read to its end.');
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
    onChecking(done);
  }
  return hash;
}

/** How far an earlier session came; undefined when there is nothing to go on with. */
export async function partState(target: string, log: Log): Promise<{ bytes: number; totalBytes: number | undefined } | undefined> {
  const kept = await readSidecar(target, log);
  if (!kept || kept.bytes === 0 || (await sizeOf(partPath(target))) < kept.bytes) return undefined;
  return { bytes: kept.bytes, totalBytes: kept.totalBytes };
}

export async function discardPart(target: string): Promise<void> {
  await rm(partPath(target), { force: true });
  await rm(sidecarPath(target), { force: true });
}

async function readSidecar(target: string, log: Log): Promise<Sidecar | undefined> {
  const text = await readFile(sidecarPath(target), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return sidecar.parse(JSON.parse(text));
  } catch (error) {
    log.info(`What is known of the part of ${target} cannot be read; the download starts anew: ${messageOf(error)}`);
    return undefined;
  }
}

async function writeSidecar(target: string, content: { readonly [K in keyof Sidecar]: Sidecar[K] | undefined }): Promise<void> {
  const path = sidecarPath(target);
  await writeFile(`${path}.new`, JSON.stringify(content));
  await rename(`${path}.new`, path);
}

function versionIn({ etag, lastModified, announced }: Sidecar): Version {
  return { etag, lastModified, announced };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => -1);
}

async function touching<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error, path);
  }
}
