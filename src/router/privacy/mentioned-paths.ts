// Which workspace files a request speaks of. Agents give no list, but their messages and tool calls name files by
// absolute path; path rules must see those names, however they are written: too many do no harm, one too few may.

const END_OF_PATH = /[\s"'`<>|*?(){}[\],;]/u;
const QUOTE = /["'`\n<>|*?]/u;
const MOST_PATHS = 500;
const MOST_CHARS = 400;

/** Workspace-relative paths (forward slashes) of files under `roots` that `texts` mention. */
export function mentionedPaths(texts: readonly string[], roots: readonly string[]): string[] {
  const found = new Set<string>();
  for (const root of roots) {
    // File systems that do not tell case apart write the same folder in several ways.
    const pattern = new RegExp(spellings(root).map(escaped).join('|'), 'giu');
    for (const text of texts) collect(text.replace(/\\+/gu, '/'), pattern, found);
  }
  return [...found];
}

function collect(text: string, root: RegExp, found: Set<string>): void {
  for (const { 0: match, index } of text.matchAll(root)) {
    if (found.size >= MOST_PATHS) break;
    const rest = text.slice(index + match.length, index + match.length + MOST_CHARS);
    const end = rest.search(END_OF_PATH);
    add(end < 0 ? rest : rest.slice(0, end), found);
    // A name may hold spaces; then a quote ends it, as it began before the folder.
    if (/["'`]/u.test(text[index - 1] ?? '')) add(rest.slice(0, Math.max(0, rest.search(QUOTE))), found);
  }
}

function add(written: string, found: Set<string>): void {
  const path = decoded(written).replace(/[.:#]+\d*$/u, '');
  if (path !== '') found.add(path);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A percent sign of its own.
  }
}

function spellings(root: string): string[] {
  const slashed = root.replace(/\\/gu, '/').replace(/\/+$/u, '');
  return [...new Set([`${slashed}/`, `${encodeURI(slashed)}/`])];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}
