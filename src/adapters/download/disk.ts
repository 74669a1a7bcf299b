// The disk as it is, and the check whether a file fits on it.
import { statfs } from 'node:fs/promises';
import { RouterError } from '../../shared/errors';
import type { Disk } from './types';

/** Left free for everything else that the machine writes meanwhile. */
const RESERVE_BYTES = 64 * 2 ** 20;

export const realDisk: Disk = {
  freeBytes: async (folder) => {
    const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: undefined, bsize: 0 }));
    return bavail === undefined ? undefined : bavail * bsize;
  },
  write: async (handle, chunk, position) => {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
      done += bytesWritten;
    }
  },
};

/** Rejects with RouterError `disk` when `bytes` more do not fit into the folder. */
export async function requireSpace(disk: Disk, folder: string, bytes: number): Promise<void> {
  const free = await disk.freeBytes(folder);
  if (free === undefined || bytes <= 0 || free >= bytes + RESERVE_BYTES) return;
  throw new RouterError(
    'disk',
    `${megabytes(bytes + RESERVE_BYTES)} are needed and ${megabytes(free)} are free in ${folder}. Free some space, or choose another folder with fairlead.localModels.folder.`,
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}
