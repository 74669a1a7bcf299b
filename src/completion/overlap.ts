// Where the model has gone on into what is below the cursor already.
import { scan, type Line } from './lexer';
import { linesBelow, type Place } from './place';

/** So many equal lines are no coincidence, whatever follows them. */
const SURE_LINES = 3;
const SURE_WORD_CHARS = 12;
/** A line of which less is written says too little to be told apart. */
const LEAST_WORD_CHARS = 2;

/** Offset from which the text repeats what follows the cursor; the text's length when it does not. */
export function overlapAt(text: string, place: Place): number {
  return findOverlap(text, place, false);
}

/** The same for a text that is still growing: a single equal line may yet be followed by others. */
export function sureOverlapAt(text: string, place: Place): number {
  return findOverlap(text, place, true);
}

function findOverlap(text: string, place: Place, sure: boolean): number {
  const { lines } = scan(text, place.language, place.scanBefore.inside);
  const from = place.lineBefore.trim() === '' ? 0 : 1;
  for (let index = from; index < lines.length; index += 1) {
    if (!lines[index]?.blank && repeats(lines.slice(index), place, sure)) return startOf(lines, index, place);
  }
  return text.length;
}

function repeats(lines: readonly Line[], place: Place, sure: boolean): boolean {
  const written = lines.filter(({ blank }) => !blank).map(({ text }) => text.trimEnd());
  const following = linesBelow(place);
  const cut = lines.at(-1)?.blank === false;
  const isEqual = (own: string, index: number): boolean =>
    own === following[index] || (cut && index === written.length - 1 && (following[index] ?? '').startsWith(own));
  const differs = written.findIndex((own, index) => !isEqual(own, index));
  const equal = written.slice(0, differs < 0 ? written.length : differs);
  const words = wordChars(equal.join(' '));
  if (equal.length === written.length && !sure) return words >= (cut && equal.length === 1 ? 1 : LEAST_WORD_CHARS);
  return equal.length >= SURE_LINES && words >= SURE_WORD_CHARS;
}

function wordChars(text: string): number {
  return text.match(/\w/gu)?.length ?? 0;
}

/** Blank lines before a repeated line go too, unless the insertion is made of whole lines, where they may belong. */
function startOf(lines: readonly Line[], index: number, { shape }: Place): number {
  let at = index;
  while (shape !== 'lines' && at > 1 && lines[at - 1]?.blank) at -= 1;
  return lines[at]?.start ?? 0;
}

/**
 * Offset at which the text begins to close brackets that are closed below the cursor too, told by counting: behind
 * the last line from which on too many are closed.
 */
export function extraClosersAt(text: string, place: Place): number {
  const { balance, language, scanBefore } = place;
  if (balance === undefined || place.prose) return text.length;
  const { lines, inside } = scan(text, language, scanBefore.inside);
  const isEnough = ({ depth }: Line): boolean => depth >= balance;
  if (inside.kind !== 'code' || lines.slice(-1).every(isEnough)) return text.length;
  const lastRight = lines.findLastIndex(isEnough);
  // Nothing is right even before the first line: the document itself is being changed.
  if (lastRight < 0 && (balance > 0 || place.lineBefore.trim() !== '')) return text.length;
  const extra = lines[lastRight + 1];
  return extra && /^\s*[)\]}]/u.test(extra.text) ? extra.start : text.length;
}
