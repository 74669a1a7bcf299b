// What of a model's answer becomes ghost text: the steps that cut, in their order. Works on a growing text too.
import { blockEndAt } from './block-end';
import { extraClosersAt, overlapAt, sureOverlapAt } from './overlap';
import { scan } from './lexer';
import { firstLineOf, linesBelow, placeOf, type Place } from './place';
import { endTokenAt, isSentence, unwrap } from './wrapping';

/** A shorter repetition is a coincidence, such as a lone brace. */
const MIN_OVERLAP_CHARS = 4;
/** A line (or a few) written this often in a row is a loop of the model's. */
const LOOP_TIMES = 4;
const LOOP_LINES = 4;

const SURE_CUTS = [blockEndAt, loopAt, sureOverlapAt];
const CUTS = [blockEndAt, loopAt, overlapAt, extraClosersAt];

export interface Cut {
  readonly text: string;
  /** True when something stood behind the cut, so that the rest of the stream is of no use. */
  readonly ended: boolean;
}

/** The part of the text that belongs at the cursor. `growing`: more may come, so only what is sure cuts. */
export function cutOverrun(text: string, place: Place, growing = false): Cut {
  const plain = text.replace(/\r\n?/gu, '\n');
  const tokenAt = endTokenAt(plain);
  const head = plain.slice(0, tokenAt);
  const { text: body, ended } = place.prose ? { text: head, ended: false } : unwrap(head);
  const own = withoutRepeatedStart(body, place);
  let kept = own;
  for (const cutAt of growing ? SURE_CUTS : CUTS) kept = kept.slice(0, cutAt(kept, place));
  return { text: kept, ended: ended || tokenAt < plain.length || kept.length < own.length };
}

export interface Insertion {
  /** Empty when nothing worth showing is left. */
  readonly text: string;
  /** Characters after the cursor that the text has again, and so replaces: brackets that were closed in advance. */
  readonly replaces: number;
}

export function insertionFrom(text: string, place: Place): Insertion {
  const replaces = closersWrittenAgain(text, place);
  const at = replaces === 0 ? place : { ...placeOf({ ...place, after: place.after.slice(replaces) }), enclosing: place.enclosing };
  const kept = withoutRestOfLine(cutOverrun(text, at).text, at);
  if (kept.trim() === '' || isOnlyProse(kept, at) || repeatsNextLine(kept, at)) return { text: '', replaces: 0 };
  return { text: at.shape === 'lines' ? asWholeLines(kept, at) : kept.trimEnd(), replaces };
}

/** `if (a|)` -> ` > 1) {`: the bracket that the editor closed stands inside the answer, and more follows it. */
function closersWrittenAgain(text: string, { lineAfter, lineBefore, language, shape }: Place): number {
  const closers = lineAfter.trim();
  if (shape !== 'rest' || closers === '') return 0;
  const line = firstLineOf(text).trimEnd();
  const { closed } = scan(line, language, scan(lineBefore, language).inside);
  const quotes = closers.replace(/[)\]},;:\s]/gu, '');
  const brackets = closers.replace(/[^)\]}]/gu, '');
  const again = brackets !== '' && quotes === '' && closed.join('').startsWith(brackets) && !line.endsWith(closers);
  return again ? lineAfter.trimEnd().length : 0;
}

/** Some models begin with the line, or with the indentation, that is there already. */
function withoutRepeatedStart(text: string, place: Place): string {
  const { lineBefore } = place;
  if (text.startsWith(lineBefore)) {
    const repeats = lineBefore.trim() === '' ? !opensDeeper(place) : lineBefore.trim().length >= MIN_OVERLAP_CHARS;
    return repeats ? text.slice(lineBefore.length) : text;
  }
  const bare = lineBefore.trimStart();
  const begun = text.trimStart();
  return bare.trimEnd().length >= MIN_OVERLAP_CHARS && begun.startsWith(bare) ? begun.slice(bare.length) : text;
}

/** The line above opens a block and is indented as the cursor is: the answer has to be indented further. */
function opensDeeper({ lineBefore, scanBefore }: Place): boolean {
  const previous = scanBefore.lines.slice(0, -1).findLast(({ blank }) => !blank);
  return previous !== undefined && /[{([:]\s*$/u.test(previous.text) && previous.text.startsWith(lineBefore);
}

/** The answer goes round in circles: keep one round. */
function loopAt(text: string): number {
  const lines = text.split('\n');
  for (let size = 1; size <= LOOP_LINES; size += 1) {
    const at = lines.findIndex((_, index) => isLoop(lines, index, size));
    if (at >= 0) return lines.slice(0, at + size).join('\n').length + 1;
  }
  return text.length;
}

function isLoop(lines: readonly string[], from: number, size: number): boolean {
  const first = lines.slice(from, from + size);
  if (!first.some((line) => /\w/u.test(line)) || from + size * LOOP_TIMES > lines.length) return false;
  for (let index = size; index < size * LOOP_TIMES; index += 1) {
    if (lines[from + index] !== first[index % size]) return false;
  }
  return true;
}

/** What follows on this line is repeated at the end of the answer's first line: `foo(|)` -> `a, b)`. */
function withoutRestOfLine(text: string, { lineAfter, shape }: Place): string {
  const own = lineAfter.trim();
  if (own === '' || shape === 'lines') return text;
  const first = firstLineOf(text);
  const bare = first.trimEnd();
  if (bare.endsWith(own)) return bare.slice(0, -own.length) + (shape === 'rest' ? text.slice(first.length) : '');
  const overlap = endOverlap(bare, own);
  return overlap >= MIN_OVERLAP_CHARS ? bare.slice(0, -overlap) : text;
}

/** Length of the longest end of `text` that `following` begins with. */
function endOverlap(text: string, following: string): number {
  for (let length = Math.min(text.length, following.length); length > 0; length -= 1) {
    if (text.endsWith(following.slice(0, length))) return length;
  }
  return 0;
}

/** Before a line that has text, only whole lines fit; the indentation of that line moves down with it. */
function asWholeLines(text: string, { lineBefore }: Place): string {
  const lines = text.replace(/\n[ \t]*$/u, '\n');
  return (lines.endsWith('\n') ? lines : `${lines}\n`) + lineBefore;
}

function isOnlyProse(text: string, place: Place): boolean {
  if (place.prose || place.scanBefore.inside.kind === 'text' || /(?:\/\/|#|--|\*)[^\n]*$/u.test(place.lineBefore)) return false;
  return isSentence(firstLineOf(text.trimStart())) && place.lineBefore.trim() === '';
}

function repeatsNextLine(text: string, place: Place): boolean {
  const own = (place.lineBefore + text).trim();
  const next = linesBelow(place)[0]?.trim();
  return own.length >= MIN_OVERLAP_CHARS && own === next;
}
