// Which stretches of a conversation hold the text of files that are never sent. Where a caller says which files a
// part holds, that counts; agents say nothing, so their tool calls, tool results and the blocks around attached files
// are read for names of such files. What names no file (the output of `printenv`) cannot be known here; secrets in
// it are found by their form.
/** The name to show for a file that is never sent, or undefined for one that may go. */
export type PrivateName = (path: string) => string | undefined;

/** Blocks in which hosts wrap the text of a file or speak of the file in front of the user. */
const BLOCK = /<(attachment|file|document|editorContext|editor_context|selection|resource|snippet|source|match|item|context|open_files|codeblock)\b[^>]*>[\s\S]*?<\/\1>/giu;
const STRAY_END = /<\/(?:attachment|file|document|editorContext|editor_context|selection|resource|snippet|source|match)>/iu;
/** Absolute paths, and what stands after a label such as `filePath=` or `file:`. */
const ABSOLUTE = /(?<!https?:\/?|[\w./\\-])(?:file:\/\/)?(?:~|[A-Za-z]:)?[\\/]+[^\s"'`<>|*?{}[\],;()]{2,400}/giu;
const LABELLED = /\b(?:file ?path|path|file|filename|uri|id)["']?\s*[:=]\s*["']?(?:file:)?([^\s"'`<>|*?{}[\],;()]{2,400})/giu;
const QUOTED = /["'`]([^"'`\n]{2,300})["'`]/gu;

export interface Mention {
  /** As it stands in the text. */
  readonly text: string;
  readonly name: string;
}

/** Names of private files that a text gives by absolute path, by label or in quotes with a folder. */
export function mentions(text: string, privateName: PrivateName): Mention[] {
  const found = new Map<string, Mention>();
  const look = (token: string): void => {
    const name = found.has(token) ? undefined : privateName(tidy(token));
    if (name !== undefined) found.set(token, { text: token, name });
  };
  for (const [token] of text.matchAll(ABSOLUTE)) look(token);
  for (const [, token = ''] of text.matchAll(LABELLED)) look(token);
  // Names with spaces end at the quote.
  for (const [, token = ''] of text.matchAll(QUOTED)) if (/[\\/]/u.test(token) && /\s/u.test(token)) look(token);
  return [...found.values()];
}

/** Without an address's scheme, the line numbers behind it and the punctuation of a sentence. */
function tidy(token: string): string {
  const plain = token.replace(/^file:\/\//iu, '').replace(/\\+/gu, '/').replace(/[.:#]+[\dL\-,]*$/u, '').replace(/[.,:;!?]+$/u, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain; // A percent sign of its own.
  }
}

export interface Cleaned {
  readonly text: string;
  readonly files: readonly string[];
  /** What was taken out, names apart. */
  readonly held: readonly string[];
  /** A private file's text may stand here and cannot be told apart from the rest. */
  readonly unclear: boolean;
}

/** A text of the user's or the host's without the blocks that hold private files; names that remain are masked. */
export function clean(text: string, privateName: PrivateName): Cleaned {
  const all = mentions(text, privateName);
  if (all.length === 0) return { text, files: [], held: [], unclear: false };
  const held: string[] = [];
  const without = text.replace(BLOCK, (block) => {
    if (mentions(block, privateName).length === 0) return block;
    held.push(block);
    return '[left out: a file that stays on the user’s machine]';
  });
  const rest = mentions(without, privateName);
  const files = [...new Set(all.map(({ name }) => name))];
  const unclear = (without !== text && STRAY_END.test(without.replace(BLOCK, ''))) || (rest.length > 0 && without.includes('```'));
  const masked = rest.reduce((masking, mention) => masking.replaceAll(mention.text, '[a private file]'), without);
  return { text: masked, files, held: unclear ? [text] : held, unclear };
}

/** Private files that a tool call names: a path, or a word of a command. */
export function namedInCall(input: unknown, privateName: PrivateName): string[] {
  const found = strings(input).flatMap((text) => {
    const whole = text.length < 400 ? privateName(tidy(text)) : undefined;
    const words = text.split(/[\s"'`<>|;&()=,]+/u).filter((word) => /[./\\~]/u.test(word) && word.length < 400);
    return [...(whole === undefined ? [] : [whole]), ...words.flatMap((word) => privateName(tidy(word)) ?? [])];
  });
  return [...new Set(found)];
}

/** Search results begin their lines with the file, patches and joined files have a line for it. */
const LINE_START = /^[ \t]*(?:[-+]{3} |==> |diff --git )?(?:[ab]\/)?(?:\.\/)?([^\s:"'`<>|*?{}[\],;()]{2,400})(?=[:(]|[ \t\r]*$| <==| b\/)/gmu;

/** A tool's result without the lines that only name private files; `unclear` where their text may stand in it. */
export function cleanResult(text: string, privateName: PrivateName): Cleaned {
  const found = mentions(text, privateName);
  for (const [, first = ''] of text.matchAll(LINE_START)) {
    const name = /[./\\]/u.test(first) ? privateName(tidy(first)) : undefined;
    if (name !== undefined) found.push({ text: first, name });
  }
  if (found.length === 0) return { text, files: [], held: [], unclear: false };
  const speaking: string[] = [];
  const kept = text.split('\n').filter((line) => {
    const named = found.filter((mention) => line.includes(mention.text));
    const rest = named.reduce((without, mention) => without.replaceAll(mention.text, ''), line);
    if (named.length > 0 && /\w/u.test(rest)) speaking.push(line);
    return named.length === 0;
  });
  const unclear = speaking.length > 0;
  return { text: kept.join('\n'), files: [...new Set(found.map(({ name }) => name))], held: unclear ? [text] : [], unclear };
}

/** Every string inside a value, keys of objects apart. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(strings);
}

/** The same value with each string replaced. */
export function mapStrings(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, replace));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapStrings(one, replace)]));
}
