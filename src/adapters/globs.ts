// Globs on workspace-relative paths, by picomatch; compiled once per list.
import picomatch from 'picomatch';
import type { GlobMatcher } from '../router/rules';

/** Case-insensitive, dot files included: a privacy rule must not miss `.env` or a renamed folder. */
export function createGlobMatcher(): GlobMatcher {
  const compiled = new Map<string, (path: string) => boolean>();
  return (globs, path) => {
    const key = globs.join('\n');
    let test = compiled.get(key);
    if (!test) {
      test = picomatch(globs.map(fromRoot), { dot: true, nocase: true });
      compiled.set(key, test);
    }
    return test(fromRoot(path.replaceAll('\\', '/')));
  };
}

function fromRoot(path: string): string {
  return path.replace(/^\.?\//u, '');
}
