// Looks for secrets by the rules of secretlint, in this process: 200 kB take a few milliseconds, so no worker is
// worth its start; longer texts are read in pieces with a pause between them, so that nothing else waits.
import { setImmediate as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { FoundSecret, SecretFinder } from '../router/ports';
import { throwIfAborted } from '../shared/abort';
import { RouterError } from '../shared/errors';
import type { SecretRules } from './secret-rules';

const PIECE_CHARS = 256 * 1024;
/** No secret of a known form is longer, service accounts and private keys included. */
const OVERLAP_CHARS = 16 * 1024;
const CACHED_CHARS = 8 * 1024 * 1024;

export interface SecretFinderDeps {
  /** Loads the rules at the first search; the packaged ones when left out. */
  readonly load?: () => Promise<SecretRules>;
}

export function createSecretFinder({ load = () => import('./secret-rules') }: SecretFinderDeps = {}): SecretFinder {
  let rules: Promise<SecretRules> | undefined;
  // Each step of an agent sends the whole conversation again.
  const known = new LRUCache<string, readonly FoundSecret[]>({ maxSize: CACHED_CHARS, sizeCalculation: (_found, text) => text.length + 1 });
  return async (texts, signal) => {
    rules ??= load();
    let loaded: SecretRules;
    try {
      loaded = await rules;
    } catch (error) {
      rules = undefined; // A later search may have more luck.
      throw new RouterError('private', 'The rules for secrets could not be loaded.', { cause: error });
    }
    const all: (readonly FoundSecret[])[] = [];
    let sincePause = 0;
    for (const text of texts) {
      throwIfAborted(signal);
      const before = known.get(text);
      const found = before ?? (await search(text, loaded, signal));
      if (!before) known.set(text, found);
      all.push(found);
      sincePause += before ? 0 : text.length;
      if (sincePause > PIECE_CHARS) {
        sincePause = 0;
        await pause();
      }
    }
    return all;
  };
}

async function search(text: string, { findIn }: SecretRules, signal: AbortSignal): Promise<readonly FoundSecret[]> {
  const found = new Map<string, FoundSecret>();
  for (let at = 0; at === 0 || at < text.length - OVERLAP_CHARS; at += PIECE_CHARS - OVERLAP_CHARS) {
    throwIfAborted(signal);
    for (const { kind, start, end } of await findIn(text.slice(at, at + PIECE_CHARS))) {
      found.set(`${String(at + start)}-${String(at + end)}`, { kind, start: at + start, end: at + end });
    }
    if (text.length > PIECE_CHARS) await pause();
  }
  return [...found.values()];
}
