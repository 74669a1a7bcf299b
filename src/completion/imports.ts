// What a file takes from other files, by the lines at its head: read without a grammar, as far as paths can be told.
// Only files beside it count; what comes from packages, the models know.
import { scan, type Line } from './lexer';

export interface Import {
  /** As it is written: `./money`, `..shapes.box`, `money.h`, `com.acme.Money`. */
  readonly from: string;
  /** What is taken from it; empty: all of it. */
  readonly names: readonly string[];
}

export interface ImportRegion {
  /** The lines that import, each with its line break. */
  readonly text: string;
  /** Offset behind the last of them. */
  readonly end: number;
}

const SCRIPT = /^\s*(?:import\b(?!\s*[(.])|export\s+(?:type\s+)?(?:\*|\{).*\bfrom\b|(?:const|let|var)\b.*=\s*require\()/u;
const JVM = /^import\s/u;
const NATIVE = /^\s*#\s*(?:include|import)\b/u;

/** Lines that begin an import, by VS Code language id. */
const BEGINS: Readonly<Record<string, RegExp>> = {
  javascript: SCRIPT,
  javascriptreact: SCRIPT,
  typescript: SCRIPT,
  typescriptreact: SCRIPT,
  python: /^\s*(?:from\s+\S+\s+import\b|import\s)/u,
  c: NATIVE,
  cpp: NATIVE,
  java: JVM,
  kotlin: JVM,
  scala: JVM,
  swift: JVM,
  go: /^import\b/u,
  rust: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|mod|extern\s+crate)\s/u,
  csharp: /^(?:global\s+)?using\s/u,
  php: /^\s*(?:use|require|require_once|include|include_once)\b/u,
  ruby: /^\s*require/u,
  dart: /^(?:import|export|part)\b/u,
};
/** What may stand before and between imports: comments, words about the file, conditions. */
const PASSES = /^\s*(?:\/\/|\/\*|\*|#|--|["'`]|@|<\?php|package\b|namespace\s+[\w\\.]+;|declare\b|try:|except\b|else:|if\s+(?:typing\.)?TYPE_CHECKING)/u;
const HEAD_CHARS = 8000;
const MOST_LINES = 200;
const STATEMENT_CHARS = 1000;

/** Nothing where the language is not known, or no line imports. */
export function importRegion(head: string, language: string): ImportRegion {
  return regionOf(head.slice(0, HEAD_CHARS), language);
}

/** Each key asks about the same head again. */
const regionOf = rememberingLast((head, language): ImportRegion => {
  const statements = statementsIn(head, language);
  return { text: statements.map(({ text }) => `${text}\n`).join(''), end: statements.at(-1)?.end ?? 0 };
});

export function importsOf(head: string, language: string): readonly Import[] {
  const read = READERS[language];
  return read ? statementsIn(head.slice(0, HEAD_CHARS), language).flatMap(({ text }) => read(text)) : [];
}

function rememberingLast<T>(work: (head: string, language: string) => T): (head: string, language: string) => T {
  let last: { readonly head: string; readonly language: string; readonly result: T } | undefined;
  return (head, language) => {
    if (last?.head !== head || last.language !== language) last = { head, language, result: work(head, language) };
    return last.result;
  };
}

interface Statement {
  readonly text: string;
  /** Offset behind its line break. */
  readonly end: number;
}

/** Each with all its lines. Ends where other code begins. */
function statementsIn(head: string, language: string): Statement[] {
  const begins = BEGINS[language];
  if (!begins) return [];
  const lines = scan(head.slice(0, endOfLast(head, begins)), language).lines.slice(0, MOST_LINES);
  const found: Statement[] = [];
  let done = -1;
  for (const [index, line] of lines.entries()) {
    if (index <= done || line.blank || !line.code) continue;
    if (begins.test(line.text)) {
      done = closingLine(lines, index);
      const end = lines[done]?.end ?? line.end;
      found.push({ text: head.slice(line.start, end), end: end + 1 });
    } else if (!PASSES.test(line.text)) break;
  }
  return found;
}

/** Behind the last line that may import, and the lines it may take: reading the rest closely takes milliseconds. */
function endOfLast(head: string, begins: RegExp): number {
  let end = 0;
  for (let start = 0; start < head.length; ) {
    const found = head.indexOf('\n', start);
    const next = found < 0 ? head.length : found + 1;
    if (begins.test(head.slice(start, next))) end = next + STATEMENT_CHARS;
    start = next;
  }
  return end;
}

/** The line on which the brackets are closed that the statement opens. */
function closingLine(lines: readonly Line[], first: number): number {
  const depth = lines[first - 1]?.depth ?? 0;
  const last = lines.findIndex((line, index) => index >= first && line.depth <= depth);
  return last < 0 ? first : last;
}

const READERS: Readonly<Record<string, (statement: string) => readonly Import[]>> = {
  javascript: readScript,
  javascriptreact: readScript,
  typescript: readScript,
  typescriptreact: readScript,
  python: readPython,
  c: readInclude,
  cpp: readInclude,
  java: readJava,
};

function readScript(statement: string): Import[] {
  const from = /(?:\bfrom|\brequire\(|^\s*import)\s*(['"])(\.[^'"]*)\1/u.exec(statement)?.[2];
  if (from === undefined) return [];
  const braced = /\{([^}]*)\}/u.exec(statement);
  const before = statement.slice(0, braced?.index ?? statement.length);
  // A default import or a whole namespace: nobody knows which of its names will be used.
  const all = !braced || /\*|import\s+(?!type\s*$)[\w$]/u.test(before);
  return [{ from, names: all ? [] : namesIn((braced[1] ?? '').replace(/\/\/.*|\/\*.*?\*\//gu, '')) }];
}

function readPython(statement: string): Import[] {
  const one = /from\s+(\.*[\w.]*)\s+import\s+(.*)/su.exec(statement);
  if (!one) {
    const modules = /import\s+(.*)/su.exec(statement)?.[1] ?? '';
    return namesIn(modules).map((from) => ({ from, names: [] }));
  }
  const [, from = '', listed = ''] = one;
  const names = namesIn(listed.replace(/#.*/gu, '').replace(/[()\\]/gu, ''));
  // `from . import shapes` names files.
  if (/^\.+$/u.test(from)) return names.map((name) => ({ from: from + name, names: [] }));
  return [{ from, names: names.includes('*') ? [] : names }];
}

function readInclude(statement: string): Import[] {
  const from = /"([^"]+)"/u.exec(statement)?.[1];
  return from === undefined ? [] : [{ from, names: [] }];
}

function readJava(statement: string): Import[] {
  const from = /import\s+(static\s+)?([\w.]+?)(\.\*)?\s*;/u.exec(statement);
  if (!from || (from[3] !== undefined && from[1] === undefined)) return [];
  const parts = (from[2] ?? '').split('.');
  const type = parts.findIndex((part) => /^[A-Z]/u.test(part));
  return type < 0 ? [] : [{ from: parts.slice(0, type + 1).join('.'), names: [] }];
}

/** `a, type b, c as d` -> a, b, c. */
function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((one) => one.trim().replace(/^type\s+/u, '').split(/\s+as\s+|\s*:\s*/u)[0]?.trim() ?? '')
    .filter((name) => name !== '');
}
