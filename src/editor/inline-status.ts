// The language status item "Fairlead completions": on, off or paused for this file, and which model fills in.
import * as vscode from 'vscode';
import { commands } from './commands-table';
import type { CompletionSwitch } from './completion-switch';
import type { Ending } from './ending';
import type { SettingsStore } from './settings-store';
import { soon } from './soon';

export interface InlineStatus extends Ending {
  asking(model: string): void;
  answered(model: string): void;
  /** Nothing can be shown now, and why. */
  idle(why: string): void;
}

export interface InlineStatusDeps {
  readonly settings: SettingsStore;
  readonly onOff: CompletionSwitch;
}

export function createInlineStatus({ settings, onOff }: InlineStatusDeps): InlineStatus {
  const item = vscode.languages.createLanguageStatusItem('fairlead.inline', [{ scheme: '*' }]);
  item.name = 'Fairlead completions';
  let state: { detail: string; problem: boolean; busy: boolean } = { detail: 'no request yet', problem: false, busy: false };

  function draw(): void {
    const document = vscode.window.activeTextEditor?.document;
    const why = document && onOff.whyOff(document);
    item.text = `Fairlead completions ${why === undefined ? 'on' : why.startsWith('paused') ? 'paused' : 'off'}`;
    item.detail = why?.replace(/^(?:off|paused)[: ]*/u, '') ?? state.detail;
    item.busy = why === undefined && state.busy;
    item.severity = why === undefined && state.problem ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    item.command = commandFor(why);
  }

  const update = (next: typeof state): void => {
    state = next;
    draw();
  };
  const listening = vscode.Disposable.from(item, soon(draw), settings.onDidChange(draw), onOff.onDidChange(draw), vscode.window.onDidChangeActiveTextEditor(draw));
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

function commandFor(why: string | undefined): vscode.Command {
  if (why?.startsWith('paused') === true) return { command: commands.inlinePause.id, title: 'Go on' };
  return { command: commands.toggleInline.id, title: why === undefined ? 'Turn off' : 'Turn on' };
}
