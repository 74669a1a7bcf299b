// The language status item "Fairlead completions": on or off for this file, and which model fills in.
import * as vscode from 'vscode';
import { commands } from './commands-table';
import type { Ending } from './ending';
import type { SettingsStore } from './settings-store';

export interface InlineStatus extends Ending {
  asking(model: string): void;
  answered(model: string): void;
  /** Nothing can be shown now, and why. */
  idle(why: string): void;
}

export function createInlineStatus({ settings }: { readonly settings: SettingsStore }): InlineStatus {
  const item = vscode.languages.createLanguageStatusItem('fairlead.inline', [{ scheme: '*' }]);
  item.name = 'Fairlead completions';
  let state: { detail: string; problem: boolean; busy: boolean } = { detail: 'no request yet', problem: false, busy: false };

  function draw(): void {
    const document = vscode.window.activeTextEditor?.document;
    const on = document === undefined || settings.inlineEnabled(document);
    item.text = on ? 'Completions on' : 'Completions off';
    item.detail = on ? state.detail : document.languageId;
    item.busy = on && state.busy;
    item.severity = on && state.problem ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    item.command = { command: commands.toggleInline.id, title: on ? 'Turn off' : 'Turn on' };
  }

  const update = (next: typeof state): void => {
    state = next;
    draw();
  };
  draw();
  const listening = vscode.Disposable.from(item, settings.onDidChange(draw), vscode.window.onDidChangeActiveTextEditor(draw));
  return {
    asking: (model) => {
      update({ detail: model, problem: false, busy: true });
    },
    answered: (model) => {
      update({ detail: model, problem: false, busy: false });
    },
    idle: (why) => {
      update({ detail: why, problem: true, busy: false });
    },
    dispose: () => {
      listening.dispose();
    },
  };
}
