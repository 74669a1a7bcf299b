// Reads code just far enough for ghost text: which brackets are open, and which lines begin inside a string or a
// comment. One pass, no grammar; a language without an entry is read like C.

interface LanguageFacts {
  readonly lineComments: readonly string[];
  /** Begin and end of what may span lines: comments and long strings. Other strings end with their line. */
  readonly long: readonly (readonly [string, string])[];
  /** `'` also marks lifetimes or digits, so it begins a literal only where one character and `'` follow. */
  readonly charQuotes?: true;
  /** Blocks are told by indentation alone. */
  readonly indented?: true;
}

type Long = readonly [string, string];
const BLOCK: Long = ['/*', '*/'];
const TRIPLE: Long = ['"""', '"""'];
const C_LIKE: LanguageFacts = { lineComments: ['//'], long: [BLOCK] };
const SCRIPT: LanguageFacts = { ...C_LIKE, long: [BLOCK, ['`', '`']] };
const TEXT_BLOCKS: LanguageFacts = { ...C_LIKE, long: [BLOCK, TRIPLE] };
const NATIVE: LanguageFacts = { ...C_LIKE, charQuotes: true };
const HASH: LanguageFacts = { lineComments: ['#'], long: [] };
const PYTHON: LanguageFacts = { ...HASH, long: [TRIPLE, ["'''", "'''"]], indented: true };

const LANGUAGES: Readonly<Record<string, LanguageFacts>> = {
  javascript: SCRIPT,
  javascriptreact: SCRIPT,
  typescript: SCRIPT,
  typescriptreact: SCRIPT,
  go: SCRIPT,
  rust: NATIVE,
  cpp: NATIVE,
  c: NATIVE,
  java: TEXT_BLOCKS,
  kotlin: TEXT_BLOCKS,
  swift: TEXT_BLOCKS,
  scala: TEXT_BLOCKS,
  python: PYTHON,
  yaml: { ...HASH, indented: true },
  coffeescript: { ...HASH, indented: true },
  ruby: HASH,
  perl: HASH,
  r: HASH,
  shellscript: HASH,
  powershell: HASH,
  dockerfile: HASH,
  makefile: HASH,
  toml: HASH,
  elixir: { ...HASH, long: [TRIPLE] },
  julia: { ...HASH, long: [TRIPLE] },
  php: { ...C_LIKE, lineComments: ['//', '#'] },
  sql: { lineComments: ['--'], long: [BLOCK] },
  lua: { lineComments: ['--'], long: [['--[[', ']]']] },
  haskell: { lineComments: ['--'], long: [['{-', '-}']], indented: true },
};

/** Text for people: brackets and indentation say nothing about where it ends. */
const PROSE = new Set(['markdown', 'plaintext', 'latex', 'tex', 'restructuredtext', 'asciidoc', 'git-commit', 'scminput', 'mdx']);

export function isProse(language: string): boolean {
  return PROSE.has(language);
}

export function isIndented(language: string): boolean {
  return LANGUAGES[language]?.indented === true;
}

/** What begins a comment of one line. */
export function lineComment(language: string): string {
  return (LANGUAGES[language] ?? C_LIKE).lineComments[0] ?? '//';
}

export interface Opener {
  readonly char: string;
  /** Offset in the text. */
  readonly at: number;
}

export interface Line {
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
  readonly text: string;
  /** Columns of white space; a tab counts four. */
  readonly indent: number;
  readonly blank: boolean;
  /** False when it begins inside a string or a comment of several lines. */
  readonly code: boolean;
  /** Brackets open at its end, less those closed that were not opened in this text. May be negative. */
  readonly depth: number;
}

/** What a text ends in: code, or a string or comment that has to be closed first. */
export type Inside = { readonly kind: 'code' } | { readonly kind: 'text'; readonly until: string };

export interface Scan {
  readonly lines: readonly Line[];
  /** Opened and not closed, outermost first. */
  readonly open: readonly Opener[];
  /** Closed and not opened here, in order. */
  readonly closed: readonly string[];
  readonly inside: Inside;
}

const CODE: Inside = { kind: 'code' };
const OPEN = '([{';
const CLOSE = ')]}';

/** After one of these, a slash begins a regular expression. */
const BEFORE_REGEX = /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|new))\s*$/u;

export function scan(text: string, language: string, inside: Inside = CODE): Scan {
  const reader = createReader(text, LANGUAGES[language] ?? C_LIKE, inside);
  const lines: Line[] = [];
  let start = 0;
  for (;;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const code = reader.inside().kind === 'code';
    reader.readLine(start, end);
    const line = text.slice(start, end);
    lines.push({ start, end, text: line, indent: indentOf(line), blank: line.trim() === '', code, depth: reader.depth() });
    if (found < 0) break;
    start = found + 1;
  }
  return { lines, open: reader.open, closed: reader.closed, inside: reader.inside() };
}

export function indentOf(line: string): number {
  let columns = 0;
  for (const char of line) {
    if (char === ' ') columns += 1;
    else if (char === '\t') columns += 4;
    else break;
  }
  return columns;
}

interface Reader {
  readonly open: Opener[];
  readonly closed: string[];
  readLine(start: number, end: number): void;
  inside(): Inside;
  depth(): number;
}

function createReader(text: string, facts: LanguageFacts, from: Inside): Reader {
  const open: Opener[] = [];
  const closed: string[] = [];
  let inside = from;

  /** Reads one thing at `at`, and says where the next one begins. */
  function step(at: number, end: number): number {
    if (inside.kind === 'text') {
      const found = text.indexOf(inside.until, at);
      if (found < 0 || found >= end) return end;
      const next = found + inside.until.length;
      if (!isEscaped(text, found)) inside = CODE;
      return next;
    }
    const skipped = skipText(at, end);
    if (skipped !== undefined) return skipped;
    bracket(text.charAt(at), at);
    return at + 1;
  }

  function skipText(at: number, end: number): number | undefined {
    const long = facts.long.find(([begin]) => text.startsWith(begin, at));
    if (long) {
      inside = { kind: 'text', until: long[1] };
      return at + long[0].length;
    }
    if (facts.lineComments.some((mark) => text.startsWith(mark, at))) return end;
    const char = text.charAt(at);
    if (char === '"' || char === "'") return literalEnd({ text, facts, at, end });
    if (char === '/' && facts.lineComments.includes('//') && BEFORE_REGEX.test(text.slice(Math.max(0, at - 12), at))) {
      return regexEnd(text, at, end);
    }
    return undefined;
  }

  function bracket(char: string, at: number): void {
    if (OPEN.includes(char) && char !== '') open.push({ char, at });
    else if (CLOSE.includes(char) && char !== '' && open.pop() === undefined) closed.push(char);
  }

  return {
    open,
    closed,
    readLine: (start, end) => {
      for (let at = start; at < end; ) at = step(at, end);
    },
    inside: () => inside,
    depth: () => open.length - closed.length,
  };
}

interface Literal {
  readonly text: string;
  readonly facts: LanguageFacts;
  readonly at: number;
  readonly end: number;
}

/** Behind a string or character that ends on its line; a quote without its partner is just a quote. */
function literalEnd({ text, facts, at, end }: Literal): number {
  const quote = text.charAt(at);
  if (quote === "'" && facts.charQuotes) {
    const char = /^'(?:\\[^\n]{1,8}?|[^\\'\n])'/u.exec(text.slice(at, Math.min(end, at + 12)));
    return at + (char ? char[0].length : 1);
  }
  for (let index = at + 1; index < end; index += 1) {
    if (text.charAt(index) === '\\') index += 1;
    else if (text.charAt(index) === quote) return index + 1;
  }
  // In a document that is being written, a string may not be closed yet.
  return quote === "'" ? at + 1 : end;
}

function regexEnd(text: string, at: number, end: number): number {
  let inClass = false;
  for (let index = at + 1; index < end; index += 1) {
    const char = text.charAt(index);
    if (char === '\\') index += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return index + 1;
  }
  return at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charAt(at - 1 - slashes) === '\\') slashes += 1;
  return slashes % 2 === 1;
}
