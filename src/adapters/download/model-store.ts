// The folder of downloaded models: what is there, what is half there, getting and removing.
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../shared/log';
import { addressOf, type CatalogModel } from '../catalog';
import { badPath, downloadFile, removeDownload } from './download-file';
import { isLocked } from './lock';
import { discardPart, partState } from './part';
import { createPinStore, type PinStore } from './pins';
import { TIMING, type DownloadDeps, type DownloadRequest, type Progress } from './types';

export type ModelState =
  | { readonly kind: 'absent' }
  /** `busy`: it is being downloaded right now, perhaps by another window. */
  | { readonly kind: 'partial'; readonly bytes: number; readonly totalBytes: number | undefined; readonly busy: boolean }
  /** What came was not the promised file; it waits to be removed. */
  | { readonly kind: 'aside'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'present'; readonly path: string; readonly bytes: number };

export interface ModelStore {
  stateOf(model: CatalogModel): Promise<ModelState>;
  /** Resolves to the path of the finished file; rejects as `downloadFile` does. */
  download(model: CatalogModel, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<string>;
  /** Removes the file and whatever is left of its downloads. */
  remove(model: CatalogModel): Promise<void>;
  /** Throws an unfinished download away. */
  discard(model: CatalogModel): Promise<void>;
  /** True when the hash was not published and the first download decided it. */
  isPinned(model: CatalogModel): Promise<boolean>;
  /** The next download may be another file than the last one. */
  forgetPin(model: CatalogModel): Promise<void>;
}

export interface ModelStoreDeps {
  /** Absolute; asked each time, since a setting may change it. */
  readonly folder: () => string;
  /** Base address that stands in for https://huggingface.co; plain http is allowed there. */
  readonly mirror: () => string | undefined;
  readonly log: Log;
  readonly download?: Pick<DownloadDeps, 'disk' | 'fetch' | 'timing'>;
}

export function createModelStore({ folder, mirror, log, download = {} }: ModelStoreDeps): ModelStore {
  const pins: PinStore = createPinStore(() => join(folder(), 'pins.json'), log);
  const targetOf = ({ source }: CatalogModel): string => join(folder(), source.file);
  return {
    stateOf: async (model) => {
      const path = targetOf(model);
      const bytes = await sizeOf(path);
      if (bytes !== undefined) return { kind: 'present', path, bytes };
      const part = await partState(path, log);
      if (part) return { kind: 'partial', ...part, busy: await isLocked(path, TIMING.staleLockMs) };
      const aside = await sizeOf(badPath(path));
      return aside === undefined ? { kind: 'absent' } : { kind: 'aside', path: badPath(path), bytes: aside };
    },
    download: async (model, onProgress, signal) => {
      const request = requestOf(model, targetOf(model), mirror());
      const { path } = await downloadFile(request, { ...download, pins, log, onProgress }, signal);
      return path;
    },
    remove: (model) => removeDownload(targetOf(model)),
    discard: (model) => discardPart(targetOf(model)),
    isPinned: async ({ id, sha256 }) => sha256 === null && (await pins.get(id)) !== undefined,
    forgetPin: ({ id }) => pins.forget(id),
  };
}

/** The folder that the setting names, with `~` as the user's home; the product's own where none is set. */
export function modelsFolder(setting: string, own: string): string {
  if (setting === '') return own;
  return /^~[\\/]/u.test(setting) ? join(homedir(), setting.slice(2)) : setting;
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(({ size }) => size, () => undefined);
}

function requestOf(model: CatalogModel, target: string, mirror: string | undefined): DownloadRequest {
  const { id, bytes, approxBytes, sha256 } = model;
  return {
    id,
    url: addressOf(model, mirror),
    target,
    magic: 'GGUF',
    ...(bytes === null ? {} : { expectedBytes: bytes }),
    ...(approxBytes === null ? {} : { approxBytes }),
    ...(sha256 === null ? {} : { sha256 }),
    ...(mirror === undefined ? {} : { allowHttp: mirror.startsWith('http:') }),
  };
}
