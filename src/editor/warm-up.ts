// Loads the classifier and the vectors of the routes when a chat input opens or a file gets the focus, so that the
// first request does not wait (look-ahead as in Read-ME, arXiv 2410.19123, here across processes).
import * as vscode from 'vscode';
import type { Classifier, ClassifierRoute } from '../router/ports';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';

export interface WarmUpDeps {
  readonly classifiers: () => readonly Classifier[] | Promise<readonly Classifier[]>;
  readonly routes: (resource: vscode.Uri | undefined) => readonly ClassifierRoute[];
  readonly wanted: () => boolean;
  /** Undefined where the platform does not tell. */
  readonly power: () => Promise<{ readonly onBattery: boolean; readonly charge: number } | undefined>;
  readonly log: Log;
}

/** Focus moves often; a warm-up is worth it once it rests. */
const REST_MS = 400;
/** A look at the battery and the routes is enough this often. */
const AGAIN_MS = 60_000;
const LOW_BATTERY = 0.2;

export function registerWarmUp(deps: WarmUpDeps): vscode.Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  const soon = (resource: vscode.Uri | undefined): void => {
    if (Date.now() - lastAt < AGAIN_MS) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      lastAt = Date.now();
      warm(deps, resource).catch((error: unknown) => {
        deps.log.debug(`warm-up: ${messageOf(error)}`);
      });
    }, REST_MS);
  };
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (editor) soon(editor.document.uri);
    }),
    // The input box of the chat is a document too, of a scheme of its own.
    vscode.workspace.onDidOpenTextDocument(({ uri }) => {
      if (/chat/iu.test(uri.scheme)) soon(undefined);
    }),
    {
      dispose: () => {
        clearTimeout(timer);
      },
    },
  );
}

async function warm(deps: WarmUpDeps, resource: vscode.Uri | undefined): Promise<void> {
  if (!deps.wanted()) return;
  const power = await deps.power();
  if (power?.onBattery === true && power.charge < LOW_BATTERY) {
    deps.log.debug('no warm-up on low battery');
    return;
  }
  // The best classifier alone: the others speak only when it does not.
  const [best] = await deps.classifiers();
  best?.warm?.(deps.routes(resource));
}
