// Ends a request when its user leaves the place without typing. While he types, what is under way may still be what
// comes; VS Code gives up requests in both cases, and not at all when the cursor alone moves.
import * as vscode from 'vscode';
import type { AskedAt } from './completion-request';
import type { Ending } from './ending';

export interface Leaving extends Ending {
  /** A request begins; the one before it is no longer watched. */
  readonly asked: (at: Pick<AskedAt, 'document' | 'position'>, token: vscode.CancellationToken) => void;
}

/** When nothing was typed by then, nobody goes on from a request that VS Code gave up. */
const LOOK_MS = 20;

export function createLeaving(left: () => void): Leaving {
  let last: (Pick<AskedAt, 'document' | 'position'> & { readonly version: number }) | undefined;
  const leave = (): void => {
    last = undefined;
    left();
  };
  const listening = vscode.Disposable.from(
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      if (last?.document !== textEditor.document || last.document.version !== last.version) return;
      if (selections[0]?.active.isEqual(last.position) !== true) leave();
    }),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (last && editor?.document !== last.document) leave();
    }),
  );
  return {
    asked: ({ document, position }, token) => {
      const mine = (last = { document, position, version: document.version });
      token.onCancellationRequested(() => {
        setTimeout(() => {
          if (mine === last && (document.isClosed || document.version === mine.version)) leave();
        }, LOOK_MS);
      });
    },
    dispose: () => {
      listening.dispose();
    },
  };
}
