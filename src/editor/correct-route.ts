// "This Belongs to Another Route": the user names the right route, and requests like it go there from now on.
import * as vscode from 'vscode';
import { OTHER, type Decision, type Route } from '../router/types';
import type { Corrections } from './corrections';
import type { DecisionLog } from './decision-log';
import type { Feedback } from './feedback';
import type { SettingsStore } from './settings-store';

export interface CorrectDeps {
  readonly corrections: Corrections;
  readonly decisions: DecisionLog;
  readonly settings: SettingsStore;
  readonly feedback: Feedback;
}

const SAID_MS = 5000;
const SHOWN_CHARACTERS = 80;

export async function correctRoute(deps: CorrectDeps, id: unknown): Promise<void> {
  const decision = typeof id === 'string' ? deps.decisions.get(id) : deps.decisions.last();
  const text = decision && deps.corrections.textOf(decision.id);
  if (!decision || text === undefined) {
    void vscode.window.showInformationMessage(
      'Fairlead: there is no request of this session to correct. Ask @fairlead something first; its words are remembered until VS Code closes.',
    );
    return;
  }
  const { routes } = deps.settings.for(vscode.window.activeTextEditor?.document.uri);
  const chosen = await pickRoute(decision, text, routes);
  if (chosen === undefined || chosen === decision.route) return;
  await deps.corrections.add(chosen, text);
  deps.feedback.record(decision.id, 0, 'correction');
  vscode.window.setStatusBarMessage(`$(milestone) Noted: requests like this one are ${chosen}`, SAID_MS);
}

async function pickRoute(decision: Decision, text: string, routes: readonly Route[]): Promise<string | undefined> {
  const items = routes
    .filter(({ name }) => name !== OTHER)
    .map(({ name, description }): vscode.QuickPickItem => {
      const now = name === decision.route;
      return { label: name, detail: description, ...(now ? { description: 'where it went' } : {}) };
    });
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Which route does this belong to?',
    placeHolder: `“${shortened(text)}”`,
    matchOnDetail: true,
  });
  return picked?.label;
}

export async function forgetCorrections({ corrections }: CorrectDeps): Promise<void> {
  const known = corrections.list();
  if (known.length === 0) {
    void vscode.window.showInformationMessage(
      'Fairlead: no route was corrected yet. “Fairlead: This Belongs to Another Route…” corrects the last request.',
    );
    return;
  }
  const items = [...known].reverse().map((one) => ({ label: shortened(one.text), description: one.route, correction: one }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Which corrections should be forgotten?',
    placeHolder: 'They are kept on this machine only',
    canPickMany: true,
  });
  if (!picked || picked.length === 0) return;
  await corrections.forget(picked.map(({ correction }) => correction));
  vscode.window.setStatusBarMessage(`$(trash) Forgot ${String(picked.length)} correction${picked.length === 1 ? '' : 's'}`, SAID_MS);
}

function shortened(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
