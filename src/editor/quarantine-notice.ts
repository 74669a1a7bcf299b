// Says when a model file crashed the runtime and is set aside, once per file and crash.
import * as vscode from 'vscode';
import type { Log } from '../shared/log';

export interface QuarantinedFile {
  readonly path: string;
  readonly what: string;
}

export interface QuarantineNoticeDeps {
  /** Lifts the quarantine of a file. */
  readonly tryAgain: (path: string) => void;
  readonly showOutput: () => void;
  readonly log: Log;
}

const TRY_AGAIN = 'Try Again';
const OUTPUT = 'Show Output';

export function createQuarantineNotice({ tryAgain, showOutput, log }: QuarantineNoticeDeps): (file: QuarantinedFile) => void {
  const told = new Set<string>();
  return ({ path, what }) => {
    const key = `${path}\n${what}`;
    log.warn(`${path} is set aside because it crashed the model runtime: ${what}`);
    if (told.has(key)) return;
    told.add(key);
    const name = path.split(/[\\/]/u).at(-1) ?? path;
    const text = `Fairlead: the model ${name} stopped the model runtime (${what}) and is set aside. Other models go on meanwhile.`;
    void vscode.window.showWarningMessage(text, TRY_AGAIN, OUTPUT).then((choice) => {
      if (choice === OUTPUT) showOutput();
      if (choice !== TRY_AGAIN) return;
      told.delete(key);
      tryAgain(path);
    });
  };
}
