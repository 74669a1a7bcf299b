// Downloads one large file: goes on after a broken connection or a restart, never keeps a file that is not the one
// that was promised, and puts the finished file in its place in one step.
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep, throwIfAborted } from '../../shared/abort';
import { messageOf, RouterError } from '../../shared/errors';
import { attempt, type Job } from './attempt';
import { realDisk, requireSpace } from './disk';
import { retryDelay } from './failures';
import { lockPart } from './lock';
import { discardPart, openPart, partPath, partState } from './part';
import { TIMING, type DownloadDeps, type Downloaded, type DownloadRequest } from './types';

/** A file that changes on the server more often than this is given up. */
const MOST_FRESH_STARTS = 4;

/**
 * Rejects with RouterError (`disk`, `hash`, `unauthorized`, `not_found`, `rate_limited`, `server`, `unreachable`,
 * `cut`, `timeout`, `malformed`) or, when the signal aborts, with an AbortError; a part stays for the next time,
 * and a file of the wrong length or hash is set aside as `.bad`.
 */
export async function downloadFile(request: DownloadRequest, deps: DownloadDeps, signal: AbortSignal): Promise<Downloaded> {
  throwIfAborted(signal);
  const timing = { ...TIMING, ...deps.timing };
  const disk = deps.disk ?? realDisk;
  const folder = dirname(request.target);
  const unlock = await lockPart(request.target, { staleLockMs: timing.staleLockMs, log: deps.log });
  try {
    return await intoPart({ request, folder, disk, timing, deps }, signal);
  } catch (error) {
    throw RouterError.is(error, 'hash') ? await setAside(error, request) : error;
  } finally {
    await unlock();
  }
}

async function intoPart(job: Omit<Job, 'part'>, signal: AbortSignal): Promise<Downloaded> {
  const { request, folder, disk, timing, deps } = job;
  const had = await partState(request.target, deps.log);
  await requireSpace(disk, folder, (request.expectedBytes ?? request.approxBytes ?? 0) - (had?.bytes ?? 0));
  const part = await openPart(
    {
      target: request.target,
      url: withoutCredentials(request.url),
      disk,
      log: deps.log,
      checkpointBytes: timing.checkpointBytes,
      onChecking: (bytes) => deps.onProgress?.({ phase: 'checking', bytes, totalBytes: had?.bytes }),
    },
    signal,
  );
  try {
    await receiveAll({ ...job, part }, signal);
    return await finish({ ...job, part });
  } finally {
    await part.close();
    if (part.bytes() === 0) await discardPart(request.target);
  }
}

async function receiveAll(job: Job, signal: AbortSignal): Promise<void> {
  const { part, deps, request, timing } = job;
  let failures = 0;
  for (let freshStarts = 0; freshStarts < MOST_FRESH_STARTS; ) {
    const before = part.bytes();
    try {
      if ((await attempt(job, signal)) === 'complete') return;
      freshStarts += 1;
    } catch (error) {
      await keep(job);
      throwIfAborted(signal);
      failures = part.bytes() - before >= timing.gainBytes ? 1 : failures + 1;
      const retryInMs = retryDelay(error, failures, timing);
      if (retryInMs === undefined) throw error;
      deps.log.info(`${request.id}: ${messageOf(error)} Trying again in ${retryInMs} ms.`);
      deps.onProgress?.({ phase: 'waiting', retryInMs, why: messageOf(error) });
      await sleep(retryInMs, signal);
    }
  }
  throw new RouterError('malformed', 'The file on the server changes while it is downloaded. Try again later.');
}

/** A failure to keep the part must not hide why the download failed. */
async function keep({ part, deps, request }: Job): Promise<void> {
  await part.checkpoint().catch((error: unknown) => {
    deps.log.warn(`${request.id}: the part could not be kept for later: ${messageOf(error)}`);
  });
}

async function finish({ request, part, deps }: Job): Promise<Downloaded> {
  const bytes = part.bytes();
  if (request.expectedBytes !== undefined && bytes !== request.expectedBytes) {
    throw new RouterError('hash', `The file is ${bytes.toLocaleString('en')} bytes long, and ${request.expectedBytes.toLocaleString('en')} were promised.`);
  }
  const sha256 = part.sha256();
  const { announced } = part.facts().version;
  const pinned = request.sha256 === undefined ? await deps.pins.get(request.id) : undefined;
  requireHash(sha256, request.sha256, 'the one that was promised');
  requireHash(sha256, announced, 'the one that the server announced');
  requireHash(sha256, pinned, 'the one that was downloaded before; its publisher may have replaced it');
  await part.moveTo(request.target);
  if (request.sha256 === undefined) await deps.pins.set(request.id, sha256);
  deps.log.info(`${request.id}: ${bytes} bytes, SHA-256 ${sha256}${pinned === undefined && request.sha256 === undefined ? ' (pinned)' : ''}`);
  return { path: request.target, bytes, sha256 };
}

function requireHash(actual: string, wanted: string | undefined, which: string): void {
  if (wanted === undefined || actual === wanted) return;
  throw new RouterError('hash', `The downloaded file is not ${which} (SHA-256 ${actual}, not ${wanted}).`);
}

/** Nothing loads a `.bad` file; it stays for whoever wants to know what came. */
async function setAside(error: RouterError, { target }: DownloadRequest): Promise<RouterError> {
  const moved = await rename(partPath(target), badPath(target)).then(() => true, () => false);
  await discardPart(target);
  return moved ? new RouterError('hash', `${error.message} It was set aside as ${badPath(target)}.`, { cause: error }) : error;
}

export const badPath = (target: string): string => `${target}.bad`;

/** Removes the file, its part and what was set aside. */
export async function removeDownload(target: string): Promise<void> {
  for (const path of [target, badPath(target)]) await rm(path, { force: true });
  await discardPart(target);
}

function withoutCredentials(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
