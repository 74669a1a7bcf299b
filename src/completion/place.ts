// Where the cursor stands: what is around it, and what may be inserted there. Read once for each request; the steps
// after it share it.
import { indentOf, isIndented, isProse, scan, type Line, type Scan } from './lexer';

/**
 * `open`: an empty line, so lines may follow. `lines`: before the text of a line, so whole lines may be inserted.
 * `rest`: the end of a line that has begun, and the block it opens. `inside`: text follows on the line.
 */
export type Shape = 'open' | 'lines' | 'rest' | 'inside';

/** The function around the cursor. */
export interface Enclosing {
  /** Columns of white space before it. */
  readonly indent: number;
  /** Brackets that it has open at the cursor: it ends where all of them are closed. */
  readonly open: number;
}

export interface PlaceInput {
  /** VS Code language id. */
  readonly language: string;
  /** Document text on each side of the cursor, line breaks as `\n`. */
  readonly before: string;
  readonly after: string;
  /** True when they reach to the ends of the document, so that brackets can be counted. */
  readonly whole: boolean;
}

export interface Place extends PlaceInput {
  readonly shape: Shape;
  readonly lineBefore: string;
  readonly lineAfter: string;
  readonly scanBefore: Scan;
  /** Lines after the cursor that hold something, the rest of the cursor's line included. */
  readonly following: readonly string[];
  /**
   * How many more brackets the insertion should open than it closes; negative: closes more than it opens. Undefined
   * where the document is not seen whole.
   */
  readonly balance: number | undefined;
  readonly prose: boolean;
  readonly indented: boolean;
  /** The function around the cursor, where a grammar told (syntax.ts). */
  readonly enclosing?: Enclosing | undefined;
}

const CLOSERS_ONLY = /^[\s)\]}>"'`;,:]*$/u;

export function placeOf(input: PlaceInput): Place {
  const { before, after, language, whole } = input;
  const lineBefore = lastLineOf(before);
  const lineAfter = firstLineOf(after);
  const scanBefore = scan(before, language);
  const scanAfter = scan(after, language, scanBefore.inside);
  return {
    ...input,
    shape: shapeOf(lineBefore, lineAfter),
    lineBefore,
    lineAfter,
    scanBefore,
    following: scanAfter.lines.filter(({ blank }) => !blank).map(({ text }) => text.trimEnd()),
    balance: whole ? scanAfter.closed.length - scanBefore.open.length : undefined,
    prose: isProse(language),
    indented: isIndented(language),
  };
}

export function shapeOf(lineBefore: string, lineAfter: string): Shape {
  if (lineBefore.trim() === '') return lineAfter.trim() === '' ? 'open' : 'lines';
  return CLOSERS_ONLY.test(lineAfter) ? 'rest' : 'inside';
}

export function lastLineOf(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

export function firstLineOf(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

/** Lines under the insertion that hold something; for `lines` that is the cursor's own first. */
export function linesBelow({ following, lineAfter, shape }: Place): readonly string[] {
  return lineAfter.trim() === '' || shape === 'lines' ? following : following.slice(1);
}

const CLASS_LIKE =
  /^\s*(?:(?:export|default|public|private|protected|internal|abstract|final|sealed|static|partial|data|pub(?:\([^)]*\))?)\s+)*(?:class|interface|struct|enum|union|record|object|impl|trait|namespace|module|mod|extension|protocol|package|describe|suite|context)\b/u;

/**
 * Indentation of the declaration that the cursor is in: the outermost one that is no class or namespace. -1 when the
 * text stands at the top of the file. `own`: indentation of the first line of the insertion.
 */
export function enclosingIndent({ scanBefore }: Place, own: number): number {
  let least = own;
  let base = -1;
  // The cursor's own line is the last one.
  for (let index = scanBefore.lines.length - 2; index >= 0 && least > 0; index -= 1) {
    const line = scanBefore.lines[index];
    if (!line || !isAncestor(line, least)) continue;
    least = line.indent;
    if (CLASS_LIKE.test(line.text)) break;
    base = line.indent;
  }
  return base;
}

function isAncestor(line: Line, least: number): boolean {
  return line.code && !line.blank && line.indent < least && !isLabel(line.text);
}

/** Preprocessor lines and labels stand at the margin of code that is deeper. */
function isLabel(text: string): boolean {
  return /^#(?:if|ifdef|ifndef|else|elif|endif|define|pragma|region|endregion)\b|^\w+:\s*$/u.test(text);
}

/** Indentation of the first line that an insertion writes. */
export function ownIndent({ lineBefore }: Place, lines: readonly Line[]): number {
  const at = lines.findIndex(({ blank }, index) => !blank || (index === 0 && lineBefore.trim() !== ''));
  const line = lines[Math.max(at, 0)];
  if (!line) return indentOf(lineBefore);
  const text = at <= 0 ? lineBefore + line.text : line.text;
  return startsWithCloser(text) ? indentOf(text) + 1 : indentOf(text);
}

export function startsWithCloser(text: string): boolean {
  return /^\s*(?:[)\]}]|end\b|fi\b|done\b|esac\b)/u.test(text);
}
