// Globs on workspace-relative paths, by picomatch; compiled once per list, into one expression: some lists are long
// and asked about every name in a conversation.
import picomatch from 'picomatch';
import type { GlobMatcher } from '../router/choosing/rules';

/** Case-insensitive, dot files included: a privacy rule must not miss `.env` or a renamed folder. */
export function createGlobMatcher(): GlobMatcher {
  const compiled = new Map<string, (path: string) => boolean>();
  return (globs, path) => {
    const key = globs.join('\n');
    let test = compiled.get(key);
    if (!test) {
      test = compile(globs.map(fromRoot));
      compiled.set(key, test);
    }
    return test(fromRoot(path.replaceAll('\\', '/')));
  };
}

function compile(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const one = new RegExp(globs.map((glob) => picomatch.makeRe(glob, { dot: true, nocase: true }).source).join('|'), 'i');
  // A name that is not meant as a pattern may look like one.
  const literal = new Set(globs);
  return (path) => literal.has(path) || one.test(path);
}

function fromRoot(path: string): string {
  return path.replace(/^\.?\//u, '');
}
