// Where the block at the cursor ends in what the model writes, told by indentation and brackets: the first line that
// belongs to something else. Works on a text that is still growing. Where a grammar is at hand, see syntax.ts.
import { indentOf, scan, type Line } from './lexer';
import { enclosingIndent, linesBelow, ownIndent, startsWithCloser, type Place } from './place';
import { isSentence } from './wrapping';

/** A line that goes on with the statement before it. */
const GOES_ON = /^\s*(?:else|elif|elsif|except|finally|catch|rescue|ensure|case|default|when|while|until|or|and|\.|\?\.|&&|\|\||\?|:|\{|>)/u;
const CHAINS = /^\s+(?:\.\w|\?\.|&&|\|\|)/u;
const OPENS = /(?:[{([,=+\-*/&|.?\\]|=>|->|\b(?:do|then|begin))\s*$/u;
const HEADER = /:\s*(?:#.*)?$/u;
const DECLARES =
  /^(?:@|#\[|(?:export|default|public|private|protected|internal|static|abstract|async|pub|unsafe|extern|inline|const fn|override|final|func|fn|fun|def|function|class|interface|struct|enum|impl|trait|namespace|module|object|type|template|import|package|using|#include|if __name__)\b)|^(?:const|let|var|val)\s+\w+\s*=\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)|^[\w:<>,&*[\]\s]+\([^;]*\)\s*(?:const\s*)?\{?\s*$/u;

/** Offset of the first line that no longer belongs to the block; the text's length when all of it does. */
export function blockEndAt(text: string, place: Place): number {
  if (place.prose) return text.length;
  const { lines: scanned } = scan(text, place.language, place.scanBefore.inside);
  const lines = scanned.map((line, index) => (index === 0 ? { ...line, indent: indentOf(place.lineBefore + line.text) } : line));
  const first = firstLineEnd(lines, place);
  if (place.shape === 'inside') return first;
  if (place.shape === 'rest') return endOfStatement(lines, place) ?? text.length;
  return endOfDeclaration(lines, place) ?? text.length;
}

function firstLineEnd(lines: readonly Line[], place: Place): number {
  const first = lines[0]?.end ?? 0;
  // Some models begin with a line break although the line has not ended.
  return place.lineBefore.trim() !== '' && first === 0 ? (lines[1]?.end ?? first) : first;
}

/** The line that was begun, and the block that it opens unless that is there already. */
function endOfStatement(lines: readonly Line[], place: Place): number | undefined {
  const [first] = lines;
  if (!first?.code) return undefined;
  const indent = ownIndent(place, lines);
  if (lines.length > 1 && !goesOn(place.lineBefore + first.text, lines[1], { place, indent })) return first.end;
  const outside = firstOutside(codeOf(lines).filter(({ index }) => index > 0), indent, place);
  return outside === undefined ? undefined : startOf(lines, outside);
}

/** Index of the first line behind the block that a line of this indentation opened. */
function firstOutside(rest: readonly CodeLine[], indent: number, place: Place): number | undefined {
  let ended = false;
  for (const { line, index } of rest) {
    const closes: boolean = !ended && startsWithCloser(line.text);
    const belongs = line.indent > indent ? !ended : line.indent === indent && (closes || GOES_ON.test(line.text));
    if (!belongs) return index;
    if (line.indent === indent) ended = closes && !opens(line.text, place);
  }
  return undefined;
}

interface CodeLine {
  readonly line: Line;
  readonly index: number;
}

/** Without blank lines, and lines inside strings and comments. */
function codeOf(lines: readonly Line[]): CodeLine[] {
  return lines.flatMap((line, index) => (line.blank || !line.code ? [] : [{ line, index }]));
}

function goesOn(statement: string, next: Line | undefined, { place, indent }: { place: Place; indent: number }): boolean {
  return opens(statement, place) ? !bodyFollows(place, indent) : CHAINS.test(next?.text ?? '');
}

function opens(line: string, place: Place): boolean {
  const code = line.replace(/\s(?:\/\/|#).*$/u, '');
  return OPENS.test(code) || (place.indented && HEADER.test(code));
}

/** The lines of the block stand below the cursor already. */
function bodyFollows(place: Place, indent: number): boolean {
  const [next] = linesBelow(place);
  if (next === undefined) return false;
  const columns = indentOf(next);
  return columns > indent || (columns === indent && next.trimStart().startsWith('{'));
}

/** The rest of the function (method, top-level statement) that the cursor is in. */
function endOfDeclaration(lines: readonly Line[], place: Place): number | undefined {
  const { indent: base, open } = place.enclosing ?? { indent: enclosingIndent(place, ownIndent(place, lines)), open: 0 };
  if (base < 0) return endOfTopLevel(lines);
  let ended = false;
  for (const { line, index } of codeOf(lines)) {
    const closer = startsWithCloser(line.text);
    if (ended ? !closer : leaves(line, base, open > 0)) return startOf(lines, index);
    // Brackets tell where they are known to; where not, the indentation of the one that closes.
    ended ||= open > 0 ? line.depth <= -open : closer && closesBlock(line, base);
  }
  return undefined;
}

function closesBlock({ indent, text }: Line, base: number): boolean {
  return indent <= base && !OPENS.test(text);
}

/** A line that cannot belong to the function. `counted`: its end is told by brackets, so indentation alone is no sign. */
function leaves(line: Line, base: number, counted: boolean): boolean {
  if (line.indent > base) return isChatter(line);
  if (startsWithCloser(line.text) || staysInside(line)) return false;
  return !counted || isChatter(line) || DECLARES.test(line.text.trimStart());
}

function staysInside({ text }: Line): boolean {
  return /^\s*(?:else|elif|except|finally|catch|rescue|\{|#(?:if|else|endif|elif)|\w+:\s*$)/u.test(text);
}

function isChatter({ indent, text }: Line): boolean {
  return indent <= 3 && isSentence(text);
}

/** At the top of a file: one declaration, with what stands close to it. */
function endOfTopLevel(lines: readonly Line[]): number | undefined {
  let declared = false;
  for (const { line, index } of codeOf(lines)) {
    if (isChatter(line)) return startOf(lines, index);
    if (line.indent > 0 || startsWithCloser(line.text)) continue;
    const declares = DECLARES.test(line.text);
    if (declared && (declares || isAfterBlank(lines, index))) return startOf(lines, index);
    declared ||= declares && !/^(?:@|#|import|using|package)/u.test(line.text);
  }
  return undefined;
}

function isAfterBlank(lines: readonly Line[], index: number): boolean {
  return lines[index - 1]?.blank === true;
}

/** The blank lines before a line go with it. */
function startOf(lines: readonly Line[], index: number): number {
  let at = index;
  while (at > 1 && isAfterBlank(lines, at)) at -= 1;
  return lines[at]?.start ?? 0;
}
