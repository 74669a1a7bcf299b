// Outlines of the files that a document imports, as text that goes along with a completion. Read in the background when
// the document is opened or rests, and kept while the files stay as they are: a request takes what is ready.
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import { importsOf, type Import } from '../completion/imports';
import { pathsOf } from '../completion/import-paths';
import { outlineOf } from '../completion/outline';
import type { FimExtra } from '../router/ports';
import { isAbort, withDeadline } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import type { Ending } from './ending';
import { unix } from './line-breaks';
import { relative } from './references';
import type { SettingsStore } from './settings-store';

export interface ImportDeps {
  readonly settings: Pick<SettingsStore, 'onDidChange'>;
  /** Neither ignored nor never to be sent, as far as is known now. */
  readonly mayRead: (document: Pick<vscode.TextDocument, 'uri'>) => boolean;
  /** Resolves when the rules of a file's folder are known. */
  readonly ready: (uri: vscode.Uri) => Promise<void>;
  /** Fires when `mayRead` may answer otherwise: what was read meanwhile may lack files. */
  readonly onDidChangeRules: vscode.Event<void>;
  readonly mostChars: number;
  readonly log: Log;
}

export interface ImportOutlines extends Ending {
  /** Reads what a document imports, in the background; the latest call counts. */
  readonly prepare: (document: vscode.TextDocument) => void;
  /** What is ready, in the order of the imports: the same until the document or what it imports changes. */
  readonly of: (document: string) => readonly FimExtra[];
}

const HEAD_LINES = 200;
const MOST_IMPORTS = 16;
const FILE_CHARS = 500;
const MOST_BYTES = 300_000;
const READ_MS = 5000;
const MOST_DOCUMENTS = 30;
const MOST_OUTLINES = 200;

interface Outline extends FimExtra {
  readonly uri: vscode.Uri;
}

interface Importing {
  readonly folder: vscode.WorkspaceFolder;
  readonly path: string;
  readonly language: string;
}

export function createImportOutlines(deps: ImportDeps): ImportOutlines {
  const known = new LRUCache<string, readonly Outline[]>({ max: MOST_DOCUMENTS });
  const turns = new LRUCache<string, number>({ max: MOST_DOCUMENTS });
  const outlines = createOutlines(deps);
  const ended = new AbortController();
  let turn = 0;

  const prepare = (document: vscode.TextDocument): void => {
    const key = document.uri.toString();
    const own = (turn += 1);
    turns.set(key, own);
    withDeadline(READ_MS, ended.signal, () => outlines(document)).then(
      (found) => {
        if (turns.get(key) === own) known.set(key, found);
      },
      (error: unknown) => {
        if (!isAbort(error)) deps.log.debug(`imports of ${relative(document.uri)}: ${messageOf(error)}`);
      },
    );
  };
  const prepareActive = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    if (document) prepare(document);
  };
  const listening = vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(prepareActive),
    // What was saved may be what the active document imports.
    vscode.workspace.onDidSaveTextDocument(prepareActive),
    deps.settings.onDidChange(prepareActive),
    deps.onDidChangeRules(prepareActive),
  );
  prepareActive();
  return {
    prepare,
    // Rules may have changed since it was read.
    of: (document) => (known.get(document) ?? []).filter(deps.mayRead).map(({ path, text }) => ({ path, text })),
    dispose: () => {
      ended.abort();
      listening.dispose();
    },
  };
}

/** Reads what a document imports. Files that stay as they are, are read once. */
function createOutlines({ mayRead, ready, mostChars, log }: ImportDeps): (document: vscode.TextDocument) => Promise<readonly Outline[]> {
  const kept = new LRUCache<string, string>({ max: MOST_OUTLINES });

  async function outline(one: Import, importing: Importing): Promise<Outline | undefined> {
    for (const path of pathsOf(one, importing)) {
      const uri = vscode.Uri.joinPath(importing.folder.uri, path);
      const file = mayRead({ uri }) ? await stateOf(uri, path, importing) : undefined;
      if (!file) continue;
      const key = `${uri.toString()} ${file.stamp} ${one.names.join()}`;
      const text = kept.get(key) ?? outlineOf({ text: await file.text(), language: importing.language, names: one.names, mostChars: FILE_CHARS });
      kept.set(key, text);
      return text === '' ? undefined : { uri, path: relative(uri), text };
    }
    return undefined;
  }

  return async (document) => {
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    const imports = importsOf(headOf(document), document.languageId).slice(0, MOST_IMPORTS);
    if (!folder || imports.length === 0) return [];
    await ready(document.uri);
    const importing = { folder, path: relative(document.uri), language: document.languageId };
    const all = await Promise.allSettled(imports.map((one) => outline(one, importing)));
    for (const one of all) if (one.status === 'rejected') log.debug(`an import of ${importing.path}: ${messageOf(one.reason)}`);
    return within(all.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : [])), mostChars);
  };
}

function headOf(document: vscode.TextDocument): string {
  return unix(document.getText(new vscode.Range(0, 0, HEAD_LINES, 0)));
}

interface FileState {
  /** The same while the file is. */
  readonly stamp: string;
  readonly text: () => Promise<string>;
}

/** Undefined where there is no file, one that is too large, or one that lies somewhere else than its path says. */
async function stateOf(uri: vscode.Uri, path: string, { folder }: Importing): Promise<FileState | undefined> {
  const stat = await stated(uri);
  if (stat?.type !== vscode.FileType.File || stat.size > MOST_BYTES || !(await isWhereItSays(uri, path, folder))) return undefined;
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return { stamp: `version ${String(open.version)}`, text: () => Promise.resolve(unix(open.getText())) };
  return { stamp: `${String(stat.mtime)} ${String(stat.size)}`, text: async () => unix(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))) };
}

async function stated(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined; // Most of the paths at which an import may lie are empty.
  }
}

/** A link may lead to a file that is never sent, or out of the folder. */
async function isWhereItSays({ scheme, fsPath }: vscode.Uri, path: string, folder: vscode.WorkspaceFolder): Promise<boolean> {
  if (scheme !== 'file') return true;
  return (await realpath(fsPath)) === join(await realpath(folder.uri.fsPath), path);
}

/** The first imports first; a file that is imported twice counts once for each. */
function within(all: readonly Outline[], mostChars: number): readonly Outline[] {
  let left = mostChars;
  return all.filter(({ path, text }, index) => {
    const isNew = !all.slice(0, index).some((earlier) => earlier.path === path && earlier.text === text);
    if (!isNew || text.length > left) return false;
    left -= text.length;
    return true;
  });
}
