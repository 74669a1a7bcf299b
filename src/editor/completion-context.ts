// Text of other places that helps to fill in: outlines of what the file imports, pieces of open files that are like the
// code at the cursor, what was changed last, and the definition of what stands before it when the language server is
// quick. Never of files that are not to be sent or that Git ignores; what goes along counts as files of the request, so
// that the rules see it.
import * as vscode from 'vscode';
import { addEdit, recentTexts, type Edit } from '../completion/recent-edits';
import type { CompletionRequest } from '../completion/request';
import { createSnippetIndex } from '../completion/snippets';
import { neverSent } from '../router/privacy/never-sent';
import type { FimExtra } from '../router/ports';
import type { GlobMatcher } from '../router/choosing/rules';
import type { Log } from '../shared/log';
import { createDefinitions } from './completion-definitions';
import { createIgnoredFiles } from './completion-ignore';
import { createImportOutlines } from './completion-imports';
import { DOCUMENT_SCHEMES } from './document-schemes';
import type { Ending } from './ending';
import { relative } from './references';
import type { SettingsStore } from './settings-store';

export interface CompletionContextDeps {
  readonly settings: SettingsStore;
  readonly matches: GlobMatcher;
  readonly log: Log;
}

export interface CompletionContext extends Ending {
  readonly gather: (request: CompletionRequest, signal: AbortSignal) => Promise<readonly FimExtra[]>;
}

/** About 1,200 tokens together; what is too much for a model is cut when it is asked. */
const IMPORT_CHARS = 1200;
const SNIPPET_CHARS = 1800;
const DEFINITION_CHARS = 1000;
const MOST_FILE_CHARS = 400_000;
/** A file is read again when it rests. */
const REST_MS = 1500;
const SCHEMES = new Set(DOCUMENT_SCHEMES);

export function createCompletionContext({ settings, matches, log }: CompletionContextDeps): CompletionContext {
  const ignored = createIgnoredFiles();
  const index = createSnippetIndex();
  let edits: readonly Edit[] = [];

  const mayRead = ({ uri }: Pick<vscode.TextDocument, 'uri'>): boolean =>
    SCHEMES.has(uri.scheme) && !ignored.isIgnored(uri) && !neverSent(relative(uri), { neverSend: settings.for(uri).neverSend, matches });

  const definitions = createDefinitions({ mayRead, mostChars: DEFINITION_CHARS });
  const imports = createImportOutlines({ settings, mayRead, ready: ignored.ready, onDidChangeRules: ignored.onDidChange, mostChars: IMPORT_CHARS, log });

  async function read(document: vscode.TextDocument): Promise<void> {
    if (document === vscode.window.activeTextEditor?.document) imports.prepare(document);
    const path = relative(document.uri);
    await ignored.ready(document.uri);
    if (document.isClosed || !mayRead(document)) index.remove(path);
    else index.put({ path, language: document.languageId, text: document.getText().slice(0, MOST_FILE_CHARS) });
  }

  const readSoon = createResting(read);
  const listening = vscode.Disposable.from(
    ignored,
    imports,
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (editor) readSoon.touch(editor.document);
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      index.remove(relative(uri));
    }),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (!SCHEMES.has(document.uri.scheme)) return;
      readSoon.touch(document);
      for (const change of contentChanges.slice(0, 3)) edits = addEdit(edits, editOf(document, change));
    }),
  );
  for (const { document } of vscode.window.visibleTextEditors) readSoon.touch(document);

  const linesOf = ({ path }: Edit): readonly string[] | undefined => {
    const document = vscode.workspace.textDocuments.find(({ uri }) => relative(uri) === path);
    return document && mayRead(document) ? document.getText().split(/\r?\n/u) : undefined;
  };

  return {
    gather: async (request, signal) => {
      if (!settings.for(vscode.Uri.parse(request.document)).inline.context) return [];
      const defined = await definitions.before(request, signal);
      // The most stable first: what changes last in a prompt costs a server's cache least.
      const here = { path: request.path, line: request.before.split('\n').length, nowMs: Date.now() };
      return distinct([...imports.of(request.document), ...index.like(request, SNIPPET_CHARS), ...defined, ...recentTexts(edits, here, linesOf)]);
    },
    dispose: () => {
      readSoon.dispose();
      listening.dispose();
    },
  };
}

/** Calls back with a document once it has rested. */
function createResting(rested: (document: vscode.TextDocument) => Promise<void>): Ending & { readonly touch: (document: vscode.TextDocument) => void } {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  return {
    touch: (document) => {
      const key = document.uri.toString();
      clearTimeout(timers.get(key));
      const timer = setTimeout(() => {
        timers.delete(key);
        void rested(document);
      }, REST_MS);
      timers.set(key, timer);
    },
    dispose: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

function editOf({ uri }: vscode.TextDocument, { range, text }: vscode.TextDocumentContentChangeEvent): Edit {
  const from = range.start.line;
  return { path: relative(uri), from, to: from + text.split('\n').length - 1, atMs: Date.now() };
}

function distinct(all: readonly FimExtra[]): readonly FimExtra[] {
  return all.filter(({ path, text }, at) => !all.slice(0, at).some((earlier) => earlier.path === path && earlier.text.includes(text.trim())));
}
