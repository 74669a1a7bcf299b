// Which workspace files a request speaks of. Agents give no list, but their messages and tool calls name files by
// absolute path; path rules must see those names.

const END_OF_PATH = /[\s"'`<>|*?(){}[\],;]/u;
const MOST_PATHS = 500;

/** Workspace-relative paths (forward slashes) of files under `roots` that `texts` mention. */
export function mentionedPaths(texts: readonly string[], roots: readonly string[]): string[] {
  const found = new Set<string>();
  for (const root of roots.map(withSlash)) {
    for (const text of texts) collect(text.replace(/\\+/gu, '/'), root, found);
  }
  return [...found];
}

function collect(text: string, root: string, found: Set<string>): void {
  let at = text.indexOf(root);
  while (at >= 0 && found.size < MOST_PATHS) {
    const rest = text.slice(at + root.length, at + root.length + 400);
    const end = rest.search(END_OF_PATH);
    const path = (end < 0 ? rest : rest.slice(0, end)).replace(/[.:#]+\d*$/u, '');
    if (path !== '') found.add(path);
    at = text.indexOf(root, at + root.length);
  }
}

function withSlash(root: string): string {
  const slashed = root.replace(/\\/gu, '/');
  return slashed.endsWith('/') ? slashed : `${slashed}/`;
}
