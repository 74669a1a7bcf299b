// Suggestions that the user does not want to see again where they stood. For this session, and not by hand.
import type { CacheEntry } from './cache';
import type { CompletionRequest } from './request';

export interface Unwanted {
  readonly add: (entry: Pick<CacheEntry, 'at' | 'insertion'> | undefined) => void;
  readonly has: (request: CompletionRequest, text: string) => boolean;
}

interface Refused {
  readonly place: string;
  readonly whole: string;
}

const MOST_KEPT = 100;
/** So much text above has to be the same for a place to be the same. */
const ABOVE_CHARS = 200;

export function createUnwanted(): Unwanted {
  let all: readonly Refused[] = [];
  return {
    add: (entry) => {
      if (entry) all = [...all, refusedAt(entry.at, entry.insertion.text)].slice(-MOST_KEPT);
    },
    has: (request, text) => {
      const { place, whole } = refusedAt(request, text);
      return all.some((one) => one.place === place && (one.whole === whole || whole.startsWith(`${one.whole}\n`)));
    },
  };
}

/** With the line that it would become, a suggestion stays the same one while it is typed over. */
function refusedAt({ document, before }: CompletionRequest, text: string): Refused {
  const lineStart = before.lastIndexOf('\n') + 1;
  return { place: `${document} ${before.slice(Math.max(0, lineStart - ABOVE_CHARS), lineStart)}`, whole: before.slice(lineStart) + text };
}
