// Suggestions that still hold: while they are typed over, after they were accepted in part, and after what was typed
// since is deleted again. A prefix cache over the document's text; no tree, because a hundred entries are compared in
// microseconds.
import type { Sureness } from '../router/ports';
import { insertionFrom, type Insertion } from './trim';
import { placeOf } from './place';
import type { CompletionRequest } from './request';

export interface CacheEntry {
  readonly id: string;
  readonly decisionId: string;
  readonly model: string;
  /** Where it was asked for. */
  readonly at: CompletionRequest;
  readonly insertion: Insertion;
  /** False while its stream goes on. */
  readonly complete: boolean;
  /** How sure the model was of it; undefined where its server does not tell. */
  readonly sureness?: Sureness | undefined;
}

export interface CacheHit {
  readonly entry: CacheEntry;
  readonly insertion: Insertion;
  /** Characters of it that were typed already. */
  readonly typed: number;
}

export interface CompletionCache {
  /** Replaces the entry of the same id. */
  readonly put: (entry: CacheEntry) => void;
  readonly find: (request: CompletionRequest) => CacheHit | undefined;
  /** Takes an entry out, and hands it over. */
  readonly forget: (id: string) => CacheEntry | undefined;
  /** Those of one document, or all. */
  readonly clear: (document?: string) => void;
}

const MOST_ENTRIES = 100;
/** So much text around the cursor has to be the same. */
const TAIL_CHARS = 2000;
const HEAD_CHARS = 500;
/** What the editor closes by itself while one types. */
const CLOSED_BY_EDITOR = /^[)\]}"'`>]{1,8}$/u;

export function createCompletionCache(): CompletionCache {
  /** Newest last. */
  let entries: CacheEntry[] = [];
  const without = (id: string): CacheEntry[] => entries.filter((entry) => entry.id !== id);
  return {
    put: (entry) => {
      entries = [...without(entry.id), entry].slice(-MOST_ENTRIES);
    },
    find: (request) => {
      for (let index = entries.length - 1; index >= 0; index -= 1) {
        const entry = entries[index];
        const hit = entry && hitBy(entry, request);
        if (hit) return hit;
      }
      return undefined;
    },
    forget: (id) => {
      const entry = entries.find((one) => one.id === id);
      entries = without(id);
      return entry;
    },
    clear: (document) => {
      entries = document === undefined ? [] : entries.filter(({ at }) => at.document !== document);
    },
  };
}

function hitBy(entry: CacheEntry, request: CompletionRequest): CacheHit | undefined {
  const { text, replaces } = entry.insertion;
  const since = typedSince(entry.at, request, text.length - 1);
  if (since === undefined || !text.startsWith(since)) return undefined;
  const typed = since.length;
  const rest = text.slice(typed);
  if (sameHead(entry.at.after, request.after)) return { entry, typed, insertion: { text: rest, replaces } };
  const closed = request.after.length - entry.at.after.length;
  const added = request.after.slice(0, Math.max(0, closed));
  if (!CLOSED_BY_EDITOR.test(added) || !sameHead(entry.at.after, request.after.slice(closed))) return undefined;
  const insertion = insertionFrom(rest, placeOf(request));
  return insertion.text === '' ? undefined : { entry, typed, insertion };
}

/** What was typed since a request was made; undefined when something else has changed, or more than `mostChars`. */
export function typedSince(at: CompletionRequest, request: CompletionRequest, mostChars: number): string | undefined {
  const count = request.offset - at.offset;
  if (request.document !== at.document || count < 0 || count > mostChars) return undefined;
  const { before } = request;
  const end = before.length - count;
  return end >= 0 && at.before.endsWith(before.slice(Math.max(0, end - TAIL_CHARS), end)) ? before.slice(end) : undefined;
}

function sameHead(then: string, now: string): boolean {
  return then.slice(0, HEAD_CHARS) === now.slice(0, HEAD_CHARS);
}
