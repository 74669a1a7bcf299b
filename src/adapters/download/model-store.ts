// The folder of downloaded models: what is there, what is half there, getting and removing.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../shared/log';
import { addressOf, type CatalogModel } from '../catalog';
import { downloadFile, removeDownload } from './download-file';
import { discardPart, partState } from './part';
import { createPinStore, type PinStore } from './pins';
import type { DownloadDeps, DownloadRequest, Progress } from './types';

export type ModelState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'partial'; readonly bytes: number; readonly totalBytes: number | undefined }
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
      const bytes = await stat(path).then(({ size }) => size, () => undefined);
      if (bytes !== undefined) return { kind: 'present', path, bytes };
      const part = await partState(path, log);
      return part ? { kind: 'partial', ...part } : { kind: 'absent' };
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
