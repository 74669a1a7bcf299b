// The commands of ghost text.
import * as vscode from 'vscode';
import type { Completer } from '../completion/completer';
import type { Log } from '../shared/log';
import type { CompletionFeedback } from './completion-feedback';
import type { CompletionSwitch } from './completion-switch';
import { registerHandlers } from './commands';
import type { InlineCommand } from './commands-table';
import type { DecisionLog, DecisionView } from './decision-log';

export interface CompletionCommandDeps {
  readonly completer: Pick<Completer, 'forget' | 'cancel'>;
  readonly feedback: CompletionFeedback;
  readonly onOff: CompletionSwitch;
  readonly decisions: DecisionLog;
  readonly view: DecisionView;
  readonly log: Log;
}

/** How long the status bar says what a command did. */
const SAID_MS = 4000;

export function registerCompletionCommands({ completer, feedback, onOff, decisions, view, log }: CompletionCommandDeps): vscode.Disposable {
  const handlers: Record<InlineCommand, (...args: unknown[]) => unknown> = {
    toggleInline,
    inlinePause: () => {
      say(onOff.pause() ? '$(debug-pause) Inline completions paused for five minutes' : '$(check) Inline completions go on');
    },
    inlineTrigger: () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger'),
    inlineWhy: () => {
      // What comes behind it may have been asked for already.
      const id = feedback.current()?.decisionId ?? decisions.lastInline()?.id;
      if (id !== undefined) return view.show(id);
      void vscode.window.showInformationMessage('Fairlead: no completion was asked for yet in this window.');
      return undefined;
    },
    inlineTakeWord: () => feedback.takePart('editor.action.inlineSuggest.acceptNextWord'),
    inlineTakeLine: () => feedback.takePart('editor.action.inlineSuggest.acceptNextLine'),
    inlineDismiss: () => {
      // What was shown was its beginning, perhaps; the rest would bring it back.
      completer.cancel();
      feedback.refused();
      return vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    },
    inlineRefuse: () => refuse(completer, feedback),
    inlineAccepted: feedback.accepted,
  };
  return registerHandlers(log, handlers);
}

async function refuse(completer: Pick<Completer, 'forget'>, feedback: CompletionFeedback): Promise<void> {
  const id = feedback.refused();
  if (id !== undefined) completer.forget(id);
  await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  say(id === undefined ? '$(info) No inline completion of Fairlead is on screen' : '$(circle-slash) Not suggested here again until VS Code starts anew');
}

/** Switches the value that decides for the language of the active editor. */
async function toggleInline(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const scope = document ? { uri: document.uri, languageId: document.languageId } : null;
  const configuration = vscode.workspace.getConfiguration('fairlead', scope);
  const on = configuration.get<unknown>('inline.enabled') !== false;
  const overridden = configuration.inspect('inline.enabled')?.globalLanguageValue !== undefined;
  await configuration.update('inline.enabled', !on, vscode.ConfigurationTarget.Global, overridden);
  const where = overridden && document ? ` for ${document.languageId}` : '';
  say(`${on ? '$(circle-slash)' : '$(check)'} Inline completions ${on ? 'off' : 'on'}${where}`);
}

function say(text: string): void {
  vscode.window.setStatusBarMessage(text, SAID_MS);
}
