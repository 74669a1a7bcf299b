// Pieces of other open files that are like the code around the cursor: windows of lines compared by their words
// (Jaccard index, as GitHub Copilot does with its neighbouring tabs; notes of the peers, 2.2).
import type { FimExtra } from '../router/ports';

export interface OpenFile {
  /** Workspace-relative. */
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

export interface SnippetQuery {
  readonly path: string;
  readonly language: string;
  readonly before: string;
  readonly after: string;
}

export interface SnippetIndex {
  readonly put: (file: OpenFile) => void;
  readonly remove: (path: string) => void;
  /** At most `mostChars` together, one piece of a file, in an order that stays while they do. */
  readonly like: (query: SnippetQuery, mostChars: number) => readonly FimExtra[];
}

interface Piece {
  readonly from: number;
  readonly to: number;
  /** Different words in it. */
  readonly size: number;
}

interface Indexed {
  readonly language: string;
  readonly lines: readonly string[];
  readonly pieces: readonly Piece[];
  readonly places: ReadonlyMap<string, readonly number[]>;
}

const PIECE_LINES = 40;
const STEP_LINES = 20;
const QUERY_LINES_BEFORE = 30;
const QUERY_LINES_AFTER = 6;
const MOST_FILES = 20;
const MOST_PIECES = 4;
/** Longer files are read so far. */
const MOST_LINES = 2000;
/** Less in common is what any two files have. */
const LEAST_LIKENESS = 0.08;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

export function createSnippetIndex(): SnippetIndex {
  const files = new Map<string, Indexed>();
  let generation = 0;
  let last: { readonly key: string; readonly found: readonly FimExtra[] } | undefined;
  return {
    put: ({ path, language, text }) => {
      generation += 1;
      files.delete(path);
      files.set(path, indexed(language, text));
      for (const oldest of files.keys()) {
        if (files.size <= MOST_FILES) break;
        files.delete(oldest);
      }
    },
    remove: (path) => {
      if (files.delete(path)) generation += 1;
    },
    like: (query, mostChars) => {
      // While one line is written, the pieces stay: servers find their caches again, and no key pays for the search.
      const key = `${query.path} ${query.language} ${String(query.before.lastIndexOf('\n'))} ${String(generation)} ${String(mostChars)}`;
      if (last?.key === key) return last.found;
      const words = queryWords(query);
      const found = [...files].flatMap(([path, file]) => (path === query.path || file.language !== query.language ? [] : best(path, file, words)));
      const chosen = found.sort((a, b) => b.likeness - a.likeness).slice(0, MOST_PIECES);
      last = { key, found: within(chosen, mostChars).sort((a, b) => (a.path < b.path ? -1 : 1)) };
      return last.found;
    },
  };
}

function indexed(language: string, text: string): Indexed {
  const lines = text.split('\n', MOST_LINES);
  const pieces: Piece[] = [];
  const places = new Map<string, number[]>();
  for (let from = 0; from === 0 || from + STEP_LINES < lines.length; from += STEP_LINES) {
    const to = Math.min(lines.length, from + PIECE_LINES);
    const words = wordsOf(lines.slice(from, to).join('\n'));
    for (const word of words) {
      const known = places.get(word);
      if (known) known.push(pieces.length);
      else places.set(word, [pieces.length]);
    }
    pieces.push({ from, to, size: words.size });
  }
  return { language, lines, pieces, places };
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(WORD));
}

function queryWords({ before, after }: SnippetQuery): Set<string> {
  return wordsOf(`${lastLines(before, QUERY_LINES_BEFORE)}\n${after.split('\n', QUERY_LINES_AFTER).join('\n')}`);
}

function lastLines(text: string, count: number): string {
  let at = text.length;
  for (let line = 0; line < count && at > 0; line += 1) at = text.lastIndexOf('\n', at - 1);
  return text.slice(Math.max(0, at));
}

interface Found extends FimExtra {
  readonly likeness: number;
}

function best(path: string, { lines, pieces, places }: Indexed, words: ReadonlySet<string>): Found[] {
  const common = pieces.map(() => 0);
  for (const word of words) for (const place of places.get(word) ?? []) common[place] = (common[place] ?? 0) + 1;
  const likeness = pieces.map(({ size }, index) => (common[index] ?? 0) / Math.max(1, size + words.size - (common[index] ?? 0)));
  const top = likeness.reduce((highest, value, index) => (value > (likeness[highest] ?? 0) ? index : highest), 0);
  const piece = pieces[top];
  if (!piece || (likeness[top] ?? 0) < LEAST_LIKENESS) return [];
  return [{ path, text: `${lines.slice(piece.from, piece.to).join('\n').trimEnd()}\n`, likeness: likeness[top] ?? 0 }];
}

/** The most alike first, as many as there is room for. */
function within(found: readonly Found[], mostChars: number): FimExtra[] {
  let left = mostChars;
  return found.flatMap(({ path, text }) => {
    if (text.length > left) return [];
    left -= text.length;
    return [{ path, text }];
  });
}
