// One window at a time writes a part. The lock is a file that its owner keeps touching; one that nobody touches was
// left by a window that is gone.
import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import { diskFailure } from './failures';

export interface LockDeps {
  readonly staleLockMs: number;
  readonly log: Log;
}

/** Rejects with RouterError `disk` when another window has it. Resolves to what gives it back. */
export async function lockPart(target: string, { staleLockMs, log }: LockDeps): Promise<() => Promise<void>> {
  const path = lockPath(target);
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw diskFailure(error, dirname(path));
  });
  if (!(await create(path))) {
    if (!(await isStale(path, staleLockMs))) throw taken();
    await rm(path, { force: true });
    if (!(await create(path))) throw taken();
  }
  const renewing = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch((error: unknown) => {
      log.debug(`The lock ${path} could not be renewed: ${messageOf(error)}`);
    });
  }, staleLockMs / 4);
  renewing.unref();
  return async () => {
    clearInterval(renewing);
    await rm(path, { force: true });
  };
}

/** True while another download of the same file is under way, here or in another window. */
export async function isLocked(target: string, staleLockMs: number): Promise<boolean> {
  const path = lockPath(target);
  return (await stat(path).then(() => true, () => false)) && !(await isStale(path, staleLockMs));
}

const lockPath = (target: string): string => `${target}.part.lock`;

async function create(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.close();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false;
    throw diskFailure(error, path);
  }
}

async function isStale(path: string, staleLockMs: number): Promise<boolean> {
  const changed = await stat(path).then(({ mtimeMs }) => mtimeMs, () => 0);
  return Date.now() - changed > staleLockMs;
}

function taken(): RouterError {
  return new RouterError('disk', 'Another window is downloading this file, or was until a moment ago. Wait for it, or try again in half a minute.');
}
