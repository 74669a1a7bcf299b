// What a file offers to others, in few words: signatures without bodies, types whole, the public members of classes.
// Told by brackets and indentation, without a grammar, so that it is quick and works for files that do not parse.
import { isIndented, scan, type Line } from './lexer';

export interface OutlineRequest {
  readonly text: string;
  /** VS Code language id. */
  readonly language: string;
  /** What is wanted of it; empty: all that it offers. */
  readonly names: readonly string[];
  readonly mostChars: number;
}

const MOST_TEXT = 100_000;
const SIGNATURE_LINES = 6;
const BODY_LINES = 12;
const MEMBERS = 12;
const WIDEST = 200;

const BODIES = /\b(?:interface|type|enum|struct|union|typedef|record|annotation|protocol)\b/u;
const CLASSES = /\b(?:class|trait|impl|object|extension)\b/u;
const SCRIPT = /^(?:java|type)script/u;
const HIDDEN = /^\s*(?:private|protected|#\w|_\w)/u;
const NAME = /\b(?:function\*?|class|interface|type|enum|const|let|var|def|struct|union|trait|record|namespace|fn|object)\s+([\p{L}_$][\p{L}\p{N}_$]*)|([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:\(|=[^=]|:|;)/u;
const NO_DECLARATION = /^\s*(?:import\b|from\s|export\s+(?:\*|(?:type\s*)?\{)|package\b|using\s|#|\/\/|\/\*|\*|["'`@)\]}]|if\b|for\b|while\b|return\b|try\b|except\b|else\b|with\b)/u;

export function outlineOf({ text, language, names, mostChars }: OutlineRequest): string {
  const { lines } = scan(text.slice(0, MOST_TEXT), language);
  const declared = isIndented(language) ? indentedDeclarations(lines) : declarations(lines);
  const wanted = declared.filter((one) => isWanted(one, names, language));
  let out = '';
  for (const { render } of wanted) {
    const piece = `${render()}\n`;
    if (out.length + piece.length <= mostChars) out += piece;
  }
  return out;
}

interface Declaration {
  readonly first: string;
  readonly render: () => string;
}

function isWanted({ first }: Declaration, names: readonly string[], language: string): boolean {
  const match = NAME.exec(first);
  const name = match?.[1] ?? match?.[2];
  if (names.length > 0) return name !== undefined && names.includes(name);
  if (SCRIPT.test(language)) return /^export\b|^(?:module\.)?exports\b/u.test(first);
  return name !== undefined && !HIDDEN.test(first) && !name.startsWith('_');
}

/** Where blocks have brackets: what begins outside all of them. */
function declarations(lines: readonly Line[]): Declaration[] {
  const found: Declaration[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    if (!line) break;
    const outside = (lines[index - 1]?.depth ?? 0) <= 0;
    if (!outside || !line.code || line.blank || NO_DECLARATION.test(line.text)) continue;
    const end = endOf(lines, index);
    const own = lines.slice(index, end + 1);
    found.push({ first: line.text, render: () => rendered(own) });
    index = end;
  }
  return found;
}

/** The line on which its brackets are closed. */
function endOf(lines: readonly Line[], first: number): number {
  const last = lines.findIndex((line, index) => index >= first && line.depth <= 0);
  return last < 0 ? lines.length - 1 : last;
}

function rendered(own: readonly Line[]): string {
  const first = own[0]?.text ?? '';
  if (CLASSES.test(first)) return classOf(own);
  return BODIES.test(first) ? own.slice(0, BODY_LINES).map(({ text }) => shown(text)).join('\n') : signature(own);
}

/** Up to the bracket that opens its body. */
function signature(own: readonly Line[]): string {
  const kept: string[] = [];
  for (const { text } of own.slice(0, SIGNATURE_LINES)) {
    const opens = /\s*(?:=>\s*)?\{\s*$/u.exec(text);
    kept.push(shown(opens ? `${text.slice(0, opens.index)};` : text));
    if (opens) break;
  }
  return kept.join('\n');
}

function classOf(own: readonly Line[]): string {
  const depth = own[0]?.depth ?? 1;
  const members = own.slice(1).filter(({ text, code }, index) => code && own[index]?.depth === depth && /\(/u.test(text) && !HIDDEN.test(text) && !NO_DECLARATION.test(text));
  return [own[0]?.text ?? '', ...members.slice(0, MEMBERS).map(({ text }) => text.replace(/\s*\{.*$/u, ';')), '}'].map(shown).join('\n');
}

/** Where indentation is the grammar: functions, classes with their methods, constants. */
function indentedDeclarations(lines: readonly Line[]): Declaration[] {
  const code = lines.filter((line) => line.code && !line.blank);
  return code.flatMap((line, index) => {
    if (line.indent > 0 || NO_DECLARATION.test(line.text)) return [];
    const rest = code.slice(index + 1);
    const next = rest.findIndex(({ indent, depth, text }) => indent === 0 && depth <= 0 && !/^[)\]}]/u.test(text));
    const own = [line, ...(next < 0 ? rest : rest.slice(0, next))];
    return [{ first: line.text, render: () => indentedOutline(own) }];
  });
}

function indentedOutline(own: readonly Line[]): string {
  const [first] = own;
  if (!first) return '';
  if (!/^class\b/u.test(first.text)) return head(own);
  const level = own[1]?.indent ?? 0;
  const methods = own.filter(({ indent, text }) => indent === level && /^\s*(?:async\s+)?def\s/u.test(text) && (!HIDDEN.test(text.replace(/^\s*(?:async\s+)?def\s+/u, '')) || text.includes('__init__')));
  return [shown(first.text), ...methods.slice(0, MEMBERS).map((method) => head(own.slice(own.indexOf(method))))].join('\n');
}

/** A signature that may take several lines. */
function head(own: readonly Line[]): string {
  const depth = own[0]?.depth ?? 0;
  if (depth <= 0) return shown(own[0]?.text ?? '');
  const end = own.findIndex((line) => line.depth <= 0);
  return own.slice(0, Math.min(SIGNATURE_LINES, (end < 0 ? 0 : end) + 1)).map(({ text }) => shown(text)).join('\n');
}

function shown(text: string): string {
  return text.trimEnd().slice(0, WIDEST);
}
