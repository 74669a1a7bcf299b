// What was changed last, elsewhere: code is often changed alike in several places.
import type { FimExtra } from '../router/ports';

export interface Edit {
  readonly path: string;
  /** Lines from 0; the end is inclusive. */
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
}

const MOST_EDITS = 8;
const MOST_SHOWN = 3;
/** Changes this close are one. */
const NEAR_LINES = 8;
/** What is this near stands in the prompt already. */
const SEEN_LINES = 60;
const AROUND_LINES = 4;
const MOST_LINES = 24;
const FORGET_MS = 15 * 60_000;

/** The newest last. */
export function addEdit(edits: readonly Edit[], edit: Edit): readonly Edit[] {
  const isNear = (one: Edit): boolean => one.path === edit.path && edit.from <= one.to + NEAR_LINES && edit.to >= one.from - NEAR_LINES;
  const joined = edits
    .filter(isNear)
    .reduce((all, one) => ({ ...all, from: Math.min(all.from, one.from), to: Math.max(all.to, one.to) }), edit);
  const bounded = { ...joined, from: Math.max(joined.from, edit.to - MOST_LINES), to: Math.min(joined.to, edit.to + MOST_LINES) };
  return [...edits.filter((one) => !isNear(one)), bounded].slice(-MOST_EDITS);
}

export interface Here {
  readonly path: string;
  readonly line: number;
  readonly nowMs: number;
}

/** Texts of the newest changes that are not near the cursor, in the order of their paths. `lines`: what stands there now. */
export function recentTexts(edits: readonly Edit[], here: Here, lines: (edit: Edit) => readonly string[] | undefined): readonly FimExtra[] {
  const elsewhere = edits.filter(
    ({ path, from, to, atMs }) =>
      here.nowMs - atMs < FORGET_MS && (path !== here.path || here.line < from - SEEN_LINES || here.line > to + SEEN_LINES),
  );
  return elsewhere
    .slice(-MOST_SHOWN)
    .flatMap((edit) => {
      const all = lines(edit);
      const text = all?.slice(Math.max(0, edit.from - AROUND_LINES), edit.to + AROUND_LINES + 1).join('\n').trimEnd();
      return text === undefined || text === '' ? [] : [{ path: edit.path, text: `${text}\n` }];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
