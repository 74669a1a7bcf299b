// Which function the cursor is in, where a grammar can tell: languages with brackets. Where indentation is the
// grammar, and for the others, place.ts tells it by the indentation.
import type { Enclosing, Place } from './place';

export interface SyntaxQuestion {
  /** VS Code language id. */
  readonly language: string;
  /** Code from the start of a declaration up to the cursor, its open brackets closed. */
  readonly text: string;
  /** Offset of the cursor in it. */
  readonly cursor: number;
}

export interface Syntax {
  /** Loads the grammar in the background; cheap to call again. */
  prepare(language: string): void;
  /**
   * Offset at which the outermost function around the cursor begins, classes apart. Undefined where there is none,
   * where no grammar is loaded, and where parsing would take longer than a keystroke may.
   */
  functionStart(question: SyntaxQuestion): number | undefined;
}

/** Longer ones are left to the indentation. */
const MOST_CHARS = 12_000;
const CLOSER: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The same place, with what the grammar says about it. */
export function withSyntax(place: Place, syntax: Syntax | undefined): Place {
  return syntax === undefined ? place : { ...place, enclosing: enclosingFunction(place, syntax) };
}

function enclosingFunction(place: Place, syntax: Syntax): Enclosing | undefined {
  const { before, language, scanBefore } = place;
  const from = scanBefore.inside.kind === 'text' ? undefined : outermostStart(place);
  if (from === undefined || before.length - from > MOST_CHARS) return undefined;
  const closers = scanBefore.open.map(({ char }) => CLOSER[char] ?? '').reverse().join('');
  const found = syntax.functionStart({ language, text: before.slice(from) + closers, cursor: before.length - from });
  if (found === undefined) return undefined;
  const start = from + found;
  const line = scanBefore.lines.findLast((one) => one.start <= start);
  return { indent: line?.indent ?? 0, open: scanBefore.open.filter(({ at }) => at >= start).length };
}

/** Start of the line that opened the outermost bracket, or of the head above a bracket that stands alone. */
function outermostStart({ scanBefore }: Place): number | undefined {
  const [outermost] = scanBefore.open;
  if (!outermost) return undefined;
  const lines = scanBefore.lines.filter(({ start, blank }) => start <= outermost.at && !blank);
  const indent = lines.at(-1)?.indent ?? 0;
  return lines.findLast((line) => line.code && line.indent <= indent && !/^\s*[)\]}{]/u.test(line.text))?.start;
}
