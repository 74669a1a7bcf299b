// One request and what comes of it: the rest of the file, the whole file, or the news that the part is of no use.
import { abortError } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import { hostOf } from '../locality';
import { requireSpace } from './disk';
import { connectionFailure, statusFailure } from './failures';
import type { Part } from './part';
import { ifRangeOf, openSource, sameVersion, type Opened, type Version } from './source';
import type { Disk, DownloadDeps, DownloadRequest, DownloadTiming } from './types';

export interface Job {
  readonly request: DownloadRequest;
  readonly part: Part;
  readonly folder: string;
  readonly disk: Disk;
  readonly timing: DownloadTiming;
  readonly deps: DownloadDeps;
}

/** `again`: what was there did not fit the server's file and was thrown away; the next request starts at zero. */
export type Outcome = 'complete' | 'again';

/** Brings the part on. Rejects with RouterError, or an AbortError when the signal aborts; the part then stays. */
export async function attempt(job: Job, signal: AbortSignal): Promise<Outcome> {
  const { request, part, deps } = job;
  // All of it came, and the window closed before it was checked.
  if (part.bytes() > 0 && part.bytes() === part.facts().totalBytes) return 'complete';
  if (part.bytes() > 0 && !canGoOn(job)) await part.reset();
  const watch = watchSilence(job.timing.idleMs, request.url, signal);
  try {
    const from = part.bytes();
    const opened = await openSource({ request, range: rangeOf(part), fetch: deps.fetch }, watch.signal);
    const answer = await judge(job, opened, from);
    if (answer !== 'body') return answer;
    await receive(job, opened, watch);
    return 'complete';
  } catch (error) {
    throw watch.reason(error);
  } finally {
    watch.stop();
  }
}

/** A part can be gone on with when the server can tell that it is the same file, or its hash will. */
function canGoOn({ request, part }: Job): boolean {
  const { version, totalBytes } = part.facts();
  if (totalBytes !== undefined && part.bytes() > totalBytes) return false;
  return request.sha256 !== undefined || version.announced !== undefined || ifRangeOf(version) !== undefined;
}

function rangeOf(part: Part): Record<string, string> {
  if (part.bytes() === 0) return {};
  const ifRange = ifRangeOf(part.facts().version);
  return { range: `bytes=${part.bytes()}-`, ...(ifRange === undefined ? {} : { 'if-range': ifRange }) };
}

async function judge(job: Job, { response, version, url }: Opened, from: number): Promise<Outcome | 'body'> {
  const { part, deps, request } = job;
  checkPromise(request, version);
  if (response.status === 200) {
    if (from > 0) deps.log.info(`${request.id}: ${hostOf(url)} sends the whole file again: it changed, or ranges are not supported there.`);
    await part.reset();
    return begin(job, version, lengthOf(response.headers));
  }
  if (from > 0 && response.status === 206) return goOn(job, { response, version, url }, from);
  if (from > 0 && response.status === 416) {
    if (rangeIn(response.headers)?.total === from && isSame(job, version)) return 'complete';
    deps.log.info(`${request.id}: the server has no such range of the file; the download starts anew.`);
    await part.reset();
    return 'again';
  }
  throw statusFailure(response, url);
}

async function goOn(job: Job, { response, version }: Opened, from: number): Promise<Outcome | 'body'> {
  const { part, deps, request } = job;
  const range = rangeIn(response.headers);
  const known = part.facts().totalBytes;
  const fits = range?.start === from && (known === undefined || range.total === undefined || range.total === known);
  if (!fits || !isSame(job, version)) {
    deps.log.info(`${request.id}: the file changed on the server; the download starts anew.`);
    await part.reset();
    return 'again';
  }
  return begin(job, version, range.total ?? known);
}

function isSame({ request, part }: Job, seen: Version): boolean {
  const { version } = part.facts();
  if (sameVersion(version, seen)) return true;
  const comparable = (['announced', 'etag', 'lastModified'] as const).some((key) => version[key] !== undefined && seen[key] !== undefined);
  return !comparable && request.sha256 !== undefined;
}

async function begin(job: Job, version: Version, totalBytes: number | undefined): Promise<'body'> {
  const { request, part, folder, disk } = job;
  const { expectedBytes } = request;
  if (totalBytes !== undefined && expectedBytes !== undefined && totalBytes !== expectedBytes) throw wrongLength(totalBytes, expectedBytes);
  const total = totalBytes ?? expectedBytes;
  await requireSpace(disk, folder, (total ?? request.approxBytes ?? 0) - part.bytes());
  await part.setFacts({ version, totalBytes: total });
  return 'body';
}

/** Refuses before the first byte what could only be refused after the last. */
function checkPromise({ sha256 }: DownloadRequest, { announced }: Version): void {
  if (sha256 === undefined || announced === undefined || sha256 === announced) return;
  throw new RouterError('hash', `The server offers another file than the one that was promised (SHA-256 ${announced}, not ${sha256}). Nothing was downloaded.`);
}

async function receive(job: Job, { response, url }: Opened, watch: Watch): Promise<void> {
  const { part, deps } = job;
  const { totalBytes } = part.facts();
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  for (;;) {
    const next = await reader?.read().catch((error: unknown) => {
      throw connectionFailure(error, url, true);
    });
    watch.heard();
    if (!next || next.done) break;
    await take(job, next.value, totalBytes);
    deps.onProgress?.({ phase: 'downloading', bytes: part.bytes(), totalBytes });
  }
  if (totalBytes !== undefined && part.bytes() < totalBytes) {
    throw new RouterError('cut', `The connection to ${hostOf(url)} ended before the file did.`);
  }
}

async function take({ part, request }: Job, chunk: Uint8Array, totalBytes: number | undefined): Promise<void> {
  const first = part.bytes() === 0;
  await part.append(chunk);
  if (totalBytes !== undefined && part.bytes() > totalBytes) throw wrongLength(part.bytes(), totalBytes);
  if (!first || request.magic === undefined) return;
  const begins = await part.firstBytes(Math.min(request.magic.length, chunk.length));
  if (request.magic.startsWith(begins)) return;
  await part.reset();
  throw new RouterError('malformed', `${hostOf(request.url)} sent something else than a ${request.magic} file, such as the page of a proxy or a sign-in. Nothing was kept.`);
}

function wrongLength(bytes: number, expected: number): RouterError {
  return new RouterError('hash', `The file is ${bytes.toLocaleString('en')} bytes long or longer, and ${expected.toLocaleString('en')} were promised.`);
}

function lengthOf(headers: Headers): number | undefined {
  const encoding = headers.get('content-encoding') ?? 'identity';
  const length = headers.get('content-length');
  return length === null || encoding !== 'identity' || !/^\d+$/u.test(length) ? undefined : Number(length);
}

function rangeIn(headers: Headers): { start: number | undefined; total: number | undefined } | undefined {
  const found = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/u.exec(headers.get('content-range') ?? '');
  if (!found) return undefined;
  const number = (text: string | undefined): number | undefined => (text === undefined || text === '*' ? undefined : Number(text));
  return { start: number(found[1]), total: number(found[2]) };
}

interface Watch {
  readonly signal: AbortSignal;
  heard(): void;
  /** What to throw for an error that our own abort may have caused. */
  reason(error: unknown): unknown;
  /** Closes the connection of an answer that was not read to its end, too. */
  stop(): void;
}

function watchSilence(idleMs: number, url: string, parent: AbortSignal): Watch {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new RouterError('timeout', `${hostOf(url)} has been silent for ${Math.round(idleMs / 1000)} s.`)), idleMs);
  const signal = AbortSignal.any([parent, controller.signal]);
  return {
    signal,
    heard: () => void timer.refresh(),
    reason: (error) => (parent.aborted ? abortError(parent) : controller.signal.aborted ? (controller.signal.reason as unknown) : error),
    stop: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}
