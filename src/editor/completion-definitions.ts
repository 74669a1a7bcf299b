// The definition of the name before the cursor (`name.` or `name(`), from the language server. It may take a moment:
// what comes too late for this request is there for the next.
import * as vscode from 'vscode';
import type { CompletionRequest } from '../completion/request';
import type { FimExtra } from '../router/ports';
import { unix } from './line-breaks';
import { relative } from './references';

export interface DefinitionDeps {
  readonly mayRead: (document: vscode.TextDocument) => boolean;
  readonly mostChars: number;
}

export interface Definitions {
  readonly before: (request: CompletionRequest, signal: AbortSignal) => Promise<readonly FimExtra[]>;
}

/** Ghost text does not wait longer for a language server. */
const QUICK_MS = 40;
/** A server that hangs is left behind. */
const LATE_MS = 5000;
const KEPT_MS = 60_000;
const MOST_KEPT = 50;
const MOST_LINES = 25;

interface Known {
  readonly atMs: number;
  readonly found: Promise<readonly FimExtra[]>;
}

export function createDefinitions({ mayRead, mostChars }: DefinitionDeps): Definitions {
  const known = new Map<string, Known>();

  async function look(document: vscode.TextDocument, position: vscode.Position): Promise<readonly FimExtra[]> {
    const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[] | undefined>(
      'vscode.executeDefinitionProvider',
      document.uri,
      position,
    );
    const [target] = (found ?? []).map((one) => ('targetUri' in one ? new vscode.Location(one.targetUri, one.targetRange) : one));
    // What stands in the same file is in the prompt, or near enough.
    if (!target || target.uri.toString() === document.uri.toString()) return [];
    if (!vscode.workspace.getWorkspaceFolder(target.uri)) return [];
    const defined = await vscode.workspace.openTextDocument(target.uri);
    if (!mayRead(defined)) return [];
    const last = Math.min(defined.lineCount - 1, Math.max(target.range.end.line, target.range.start.line + MOST_LINES));
    const text = defined.getText(new vscode.Range(target.range.start.line, 0, Math.min(last, target.range.start.line + MOST_LINES), 10_000));
    return [{ path: relative(target.uri), text: `${unix(text).slice(0, mostChars).trimEnd()}\n` }];
  }

  return {
    before: async (request, signal) => {
      const name = /([\p{L}_$][\p{L}\p{N}_$]*)\s*[.(][\p{L}\p{N}_$]*$/u.exec(request.before);
      const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === request.document);
      if (!name || !document) return [];
      const key = `${request.document} ${name[1] ?? ''}`;
      const cached = known.get(key);
      const position = document.positionAt(documentOffset(document, request.offset - (request.before.length - name.index)));
      const fresh = cached && Date.now() - cached.atMs < KEPT_MS ? cached : { atMs: Date.now(), found: within(LATE_MS, look(document, position)) };
      remember(known, key, fresh);
      return signal.aborted ? [] : within(QUICK_MS, fresh.found);
    },
  };
}

function remember(known: Map<string, Known>, key: string, value: Known): void {
  known.set(key, value);
  const oldest = known.keys().next();
  if (known.size > MOST_KEPT && oldest.done !== true) known.delete(oldest.value);
}

/** Nothing when it takes longer, or fails: a language server that is broken is not our user's concern here. */
async function within(ms: number, found: Promise<readonly FimExtra[]>): Promise<readonly FimExtra[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly FimExtra[]>((resolve) => {
    timer = setTimeout(() => {
      resolve([]);
    }, ms);
  });
  return Promise.race([found.catch((): readonly FimExtra[] => []), late]).finally(() => {
    clearTimeout(timer);
  });
}

/** Requests count `\n`; VS Code counts both signs of CRLF. */
function documentOffset(document: vscode.TextDocument, offset: number): number {
  if (document.eol === vscode.EndOfLine.LF) return offset;
  const text = document.getText();
  let at = 0;
  for (let counted = 0; counted < offset && at < text.length; counted += 1) at += text.startsWith('\r\n', at) ? 2 : 1;
  return at;
}
