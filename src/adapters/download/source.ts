// Opens the remote file: follows redirects itself, so that headers meant for one host never reach another and
// nothing is fetched over plain http that the user did not ask for.
import { RouterError } from '../../shared/errors';
import { hostOf, localityOf } from '../locality';
import { connectionFailure } from './failures';
import type { DownloadRequest } from './types';

/** What tells one version of a remote file from another. */
export interface Version {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** SHA-256 that a model hub announces for the file before it sends the client to its storage. */
  readonly announced?: string | undefined;
}

export interface Opened {
  readonly response: Response;
  readonly version: Version;
  /** Address that answered, for messages. */
  readonly url: string;
}

const MOST_REDIRECTS = 8;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

interface Opening {
  readonly request: DownloadRequest;
  /** Range headers; they go to every host. `fetch` itself adds a second `identity` to them. */
  readonly range: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch | undefined;
}

/** Rejects with RouterError for a connection that fails; any status but a redirect is the caller's to judge. */
export async function openSource(opening: Opening, signal: AbortSignal): Promise<Opened> {
  const { request } = opening;
  const first = addressOf(request.url, request);
  let own: Record<string, string> = { ...request.headers, ...first.credentials };
  let url = first.url;
  let announced: string | undefined;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
    const response = await get(url, { ...opening, own }, signal);
    announced ??= hashIn(response.headers);
    const target = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (target === null) return { response, url: url.href, version: versionOf(response.headers, announced) };
    await response.body?.cancel();
    const next = addressOf(new URL(target, url).href, request).url;
    if (next.origin !== url.origin) own = {};
    url = next;
  }
  throw new RouterError('malformed', `${hostOf(request.url)} sends the request round in circles (more than ${MOST_REDIRECTS} redirects).`);
}

interface Address {
  readonly url: URL;
  readonly credentials: Readonly<Record<string, string>>;
}

/** Takes name and password out of the address: `fetch` refuses them there, and they must not travel on. */
function addressOf(address: string, request: DownloadRequest): Address {
  const { allowHttp = false } = request;
  if (!URL.canParse(address)) throw new RouterError('bad_request', `“${address}” is not an address.`);
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  // A server elsewhere may not lead to what listens on this machine.
  const plainAllowed = allowHttp || (localityOf(url.href) === 'local' && localityOf(request.url) === 'local');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plainAllowed)) {
    throw new RouterError('malformed', `The download leads to ${url.protocol}//${url.host}, which is not encrypted. Nothing was downloaded from there.`);
  }
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url, credentials: username === '' ? {} : { authorization: `Basic ${login}` } };
}

/** Lengths and ranges of a compressed answer would be those of another stream. */
const UNCOMPRESSED = { 'accept-encoding': 'identity' };

async function get(url: URL, opening: Opening & { readonly own: Readonly<Record<string, string>> }, signal: AbortSignal): Promise<Response> {
  // Looked up at each call: VS Code replaces the global `fetch` with one that knows the user's proxy and
  // certificates, and keeps to it (not Electron's) exactly when redirects are manual.
  const ask = opening.fetch ?? globalThis.fetch;
  try {
    return await ask(url, {
      headers: { accept: '*/*', ...UNCOMPRESSED, ...opening.own, ...opening.range },
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    throw connectionFailure(error, url.href, false);
  }
}

function versionOf(headers: Headers, announced: string | undefined): Version {
  return { etag: headers.get('etag') ?? undefined, lastModified: headers.get('last-modified') ?? undefined, announced };
}

/** Hugging Face names the SHA-256 of a large file so in its redirect. */
function hashIn(headers: Headers): string | undefined {
  return /^"?([0-9a-f]{64})"?$/u.exec(headers.get('x-linked-etag') ?? '')?.[1];
}

/** True when both are known to be the same file; false when they differ or nothing can be compared. */
export function sameVersion(known: Version, seen: Version): boolean {
  for (const key of ['announced', 'etag', 'lastModified'] as const) {
    const [before, now] = [known[key], seen[key]];
    if (before !== undefined && now !== undefined) return before === now;
  }
  return false;
}

/** The `If-Range` value that makes a server send the whole file when it changed; undefined where none serves. */
export function ifRangeOf({ announced, etag, lastModified }: Version): string | undefined {
  // The announced hash is compared instead: storage behind a hub may change its tags for the same file.
  if (announced !== undefined) return undefined;
  return etag !== undefined && !etag.startsWith('W/') ? etag : lastModified;
}
