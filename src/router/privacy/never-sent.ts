// Is this a file whose text no hosted model gets? Says which glob holds, for the explanation.
import type { NeverSend } from '../../settings/never-send';
import type { GlobMatcher } from '../choosing/rules';

export interface NeverSentCheck {
  readonly neverSend: NeverSend;
  readonly matches: GlobMatcher;
}

export interface NeverSent {
  readonly path: string;
  readonly glob: string;
  /** The user cannot take out what the workspace names. */
  readonly ofWorkspace: boolean;
}

/** `path`: workspace-relative, or absolute outside of the workspace; forward slashes. */
export function neverSent(path: string, { neverSend, matches }: NeverSentCheck): NeverSent | undefined {
  const { globs, except, added } = neverSend;
  const first = (among: readonly string[]): string | undefined =>
    among.length > 0 && matches(spelledOut(among), path) ? among.find((glob) => matches(spelledOut([glob]), path)) : undefined;
  const lifted = except.length > 0 && matches(spelledOut(except), path);
  const here = first(added);
  if (here !== undefined) return { path, glob: here, ofWorkspace: true };
  const glob = lifted ? undefined : first(globs);
  return glob === undefined ? undefined : { path, glob, ofWorkspace: false };
}

/** Of several folders: nothing that one of them keeps may go. */
export function joinNeverSend(all: readonly NeverSend[]): NeverSend {
  return {
    globs: [...new Set(all.flatMap(({ globs }) => globs))],
    // These are the user's alone, and so the same everywhere.
    except: all[0]?.except ?? [],
    added: [...new Set(all.flatMap(({ added }) => added))],
  };
}

const spelled = new WeakMap<readonly string[], readonly string[]>();

/** As in ignore files: a name without a slash holds in every folder, and a folder's name for all below it. */
function spelledOut(globs: readonly string[]): readonly string[] {
  const known = spelled.get(globs);
  if (known) return known;
  const made = globs.flatMap((glob) => {
    const plain = glob.replace(/^\.\//u, '').replace(/\/+$/u, '');
    const placed = plain.includes('/') ? plain : `**/${plain}`;
    return [placed, `${placed}/**`];
  });
  spelled.set(globs, made);
  return made;
}
