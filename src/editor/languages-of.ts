// Which languages files have, told by their names alone: agents name files without opening them, and rules about
// languages must hold for them too. The table is the one of the installed language extensions.
import * as vscode from 'vscode';

interface LanguageContribution {
  readonly id: string;
  readonly extensions?: readonly string[];
  readonly filenames?: readonly string[];
}

let table: ReadonlyMap<string, readonly string[]> | undefined;

/** VS Code language ids of files, without repeats; files of no known language give none. */
export function languagesOf(paths: readonly string[]): string[] {
  table ??= readTable();
  const known = table;
  return [...new Set(paths.flatMap((path) => namesOf(path).flatMap((name) => known.get(name) ?? [])))];
}

/** File name and every ending of it: `a.test.ts`, `.test.ts`, `.ts`. */
function namesOf(path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dots = [...name.matchAll(/\./gu)].map(({ index }) => name.slice(index));
  return [name, ...dots];
}

function readTable(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { packageJSON } of vscode.extensions.all) {
    const { contributes } = packageJSON as { contributes?: { languages?: readonly LanguageContribution[] } };
    for (const { id, extensions = [], filenames = [] } of contributes?.languages ?? []) {
      for (const name of [...extensions, ...filenames]) found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), id]);
    }
  }
  return found;
}
