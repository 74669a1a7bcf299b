// Files that Git ignores: build output, secrets, what others wrote. Their text is never sent along with a completion.
// Read in the background; a folder whose rules are not known yet counts as ignored.
import ignore, { type Ignore } from 'ignore';
import * as vscode from 'vscode';
import type { Ending } from './ending';
import { relative } from './references';

export interface IgnoredFiles extends Ending {
  readonly isIgnored: (uri: vscode.Uri) => boolean;
  /** Resolves when the rules of its folder are known, or cannot be. */
  readonly ready: (uri: vscode.Uri) => Promise<void>;
  /** The rules changed: what was asked before may be answered otherwise now. */
  readonly onDidChange: vscode.Event<void>;
}

const FILE = '.gitignore';

export function createIgnoredFiles(): IgnoredFiles {
  /** By workspace folder: the rules of all its .gitignore files. */
  const rules = new Map<string, Ignore>();
  const loading = new Map<string, Promise<void>>();

  async function load(folder: vscode.WorkspaceFolder): Promise<void> {
    const made = ignore();
    const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, `**/${FILE}`), '**/node_modules/**', 200);
    for (const file of found) {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
      made.add(text.split(/\r?\n/u).map((line) => below(relative(file).slice(0, -FILE.length), line)));
    }
    rules.set(folder.uri.toString(), made);
  }

  const ready = (uri: vscode.Uri): Promise<void> => {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (!folder) return Promise.resolve();
    const key = folder.uri.toString();
    // What cannot be read now is tried again with the next file.
    const known = loading.get(key) ?? load(folder).catch(() => void loading.delete(key));
    loading.set(key, known);
    return known;
  };

  const watcher = vscode.workspace.createFileSystemWatcher(`**/${FILE}`);
  const changed = new vscode.EventEmitter<void>();
  const forget = (): void => {
    rules.clear();
    loading.clear();
    changed.fire();
  };
  const listening = vscode.Disposable.from(changed, watcher, watcher.onDidChange(forget), watcher.onDidCreate(forget), watcher.onDidDelete(forget));
  return {
    ready,
    onDidChange: changed.event,
    isIgnored: (uri) => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      return folder !== undefined && rules.get(folder.uri.toString())?.ignores(relative(uri)) !== false;
    },
    dispose: () => {
      listening.dispose();
    },
  };
}

/** A rule of a .gitignore file further down, as one of the workspace folder's. */
function below(folder: string, line: string): string {
  const rule = line.trim();
  if (folder === '' || rule === '' || rule.startsWith('#')) return line;
  const negated = rule.startsWith('!') ? '!' : '';
  const plain = rule.slice(negated.length);
  const anywhere = !plain.slice(0, -1).includes('/');
  return `${negated}/${folder}${anywhere ? '**/' : ''}${plain.replace(/^\//u, '')}`;
}
