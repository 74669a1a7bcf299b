// One download: what is asked for, what it reports, and the few things of the outside that tests replace.
import type { FileHandle } from 'node:fs/promises';
import type { Log } from '../../shared/log';
import type { PinStore } from './pins';

export interface DownloadRequest {
  /** Names the file in the pin store and in the log. */
  readonly id: string;
  readonly url: string;
  /** Absolute path of the finished file; `.part`, `.part.json` and `.bad` lie beside it. */
  readonly target: string;
  /** Exact length; another one is refused. */
  readonly expectedBytes?: number;
  /** For the disk check while the server has not said how long the file is. */
  readonly approxBytes?: number;
  /** Lower-case hexadecimal. Without it the first download pins the hash. */
  readonly sha256?: string;
  /** Sent to the host of `url` only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the file must begin with, such as `GGUF`. */
  readonly magic?: string;
  /** Plain http beyond loopback: only for a mirror that the user has set. */
  readonly allowHttp?: boolean;
}

export type Progress =
  | { readonly phase: 'downloading' | 'checking'; readonly bytes: number; readonly totalBytes: number | undefined }
  | { readonly phase: 'waiting'; readonly retryInMs: number; readonly why: string };

export interface DownloadTiming {
  /** Longest silence of a server before the connection counts as broken. */
  readonly idleMs: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** A server that asks for a longer pause is not waited for. */
  readonly longestRetryAfterMs: number;
  /** Failures in a row after which the download gives up. */
  readonly failures: number;
  /** Bytes an attempt must bring for the count of failures to begin anew. */
  readonly gainBytes: number;
  /** Bytes between two points to which a restart can come back. */
  readonly checkpointBytes: number;
  /** A lock not renewed for so long was left by a window that is gone. */
  readonly staleLockMs: number;
}

export const TIMING: DownloadTiming = {
  idleMs: 30_000,
  firstRetryMs: 1000,
  longestRetryMs: 30_000,
  longestRetryAfterMs: 120_000,
  failures: 6,
  gainBytes: 2 ** 20,
  checkpointBytes: 32 * 2 ** 20,
  staleLockMs: 30_000,
};

export interface Disk {
  /** Bytes free for this user in the folder's file system; undefined when unknown. */
  freeBytes(folder: string): Promise<number | undefined>;
  /** Writes all of `chunk` at `position`. */
  write(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void>;
}

export interface DownloadDeps {
  readonly pins: PinStore;
  readonly log: Log;
  readonly onProgress?: (progress: Progress) => void;
  readonly disk?: Disk;
  readonly timing?: Partial<DownloadTiming>;
  /** `globalThis.fetch` when left out: VS Code gives it the user's proxy and certificates. */
  readonly fetch?: typeof fetch;
}

export interface Downloaded {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
