// What tests of downloads share: a server, a folder of their own, and short waits.
import { createHash, randomFillSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadFile } from '../../../../src/adapters/download/download-file';
import { createPinStore } from '../../../../src/adapters/download/pins';
import type { DownloadDeps, Downloaded, DownloadRequest, Progress } from '../../../../src/adapters/download/types';
import { recordingLog, type RecordingLog } from '../../../support/adapters';
import { startFileServer, type FileServer } from '../../../support/file-server';

export const NEVER = new AbortController().signal;
export const FILE = '/model.gguf';
export const KB = 1024;

export function gguf(bytes = 300 * KB): Buffer {
  const body = Buffer.alloc(bytes);
  randomFillSync(body);
  body.write('GGUF', 0, 'latin1');
  return body;
}

export const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

export interface Bench {
  readonly server: FileServer;
  readonly folder: string;
  readonly target: string;
  readonly log: RecordingLog;
  readonly progress: Progress[];
  readonly deps: DownloadDeps;
  download(fields?: Partial<DownloadRequest>, signal?: AbortSignal, deps?: Partial<DownloadDeps>): Promise<Downloaded>;
  has(ending: string): boolean;
  read(): Buffer;
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-download-'));
  const target = join(folder, 'models', 'model.gguf');
  const log = recordingLog();
  const progress: Progress[] = [];
  const received = (): number => progress.reduce((bytes, one) => (one.phase === 'downloading' ? one.bytes : bytes), 0);
  const server = await startFileServer({ received });
  const deps: DownloadDeps = {
    pins: createPinStore(() => join(folder, 'models', 'pins.json'), log),
    log,
    onProgress: (one) => void progress.push(one),
    timing: { firstRetryMs: 5, longestRetryMs: 20, idleMs: 10_000, failures: 4, gainBytes: 64 * KB, checkpointBytes: 32 * KB, staleLockMs: 2000 },
  };
  return {
    server,
    folder,
    target,
    log,
    progress,
    deps,
    download: (fields = {}, signal = NEVER, changed = {}) =>
      downloadFile({ id: 'tested', url: `${server.url}${FILE}`, target, magic: 'GGUF', ...fields }, { ...deps, ...changed }, signal),
    has: (ending) => existsSync(`${target}${ending}`),
    read: () => readFileSync(target),
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
