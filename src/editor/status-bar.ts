// The status bar item: the model of the last decision; its tooltip says why.
import * as vscode from 'vscode';
import { escapeMarkdown, headline } from '../router/explain';
import { restText, type Resting } from '../router/running/health';
import type { Candidate, Decision } from '../router/types';
import { commands, type CommandName } from './commands-table';
import type { DecisionLog } from './decision-log';

export interface StatusBarDeps {
  readonly decisions: DecisionLog;
  readonly candidates: () => readonly Candidate[];
  readonly resting: () => Resting;
  readonly onDidChangePool: vscode.Event<void>;
}

const ICON = '$(milestone)';
const LINKS = ['showLastDecision', 'findModels', 'toggleInline', 'openSettings'] as const;

export function registerStatusBar({ decisions, candidates, resting, onDidChangePool }: StatusBarDeps): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('fairlead.model', vscode.StatusBarAlignment.Right, 95);
  item.name = 'Fairlead: model of the last request';
  item.command = commands.showLastDecision.id;

  function draw(): void {
    const decision = decisions.last();
    const served = decision && decisions.served(decision.id);
    item.text = `${ICON} ${label(decision, served)}`;
    item.tooltip = tooltip({ decision, served, candidates: candidates(), resting: resting() });
    item.accessibilityInformation = { label: `Fairlead, last model: ${label(decision, served)}`, role: 'button' };
  }

  draw();
  item.show();
  return vscode.Disposable.from(
    item,
    decisions.onDidChange((decision) => {
      if (decision.surface !== 'inline') draw();
    }),
    onDidChangePool(draw),
  );
}

function label(decision: Decision | undefined, served: string | undefined): string {
  if (!decision) return 'Fairlead';
  if (decision.model === undefined) return 'no model';
  return served === undefined || served === decision.model ? decision.model : `${decision.model} $(arrow-right) ${served}`;
}

interface Shown {
  readonly decision: Decision | undefined;
  readonly served: string | undefined;
  readonly candidates: readonly Candidate[];
  readonly resting: Resting;
}

function tooltip({ decision, served, candidates, resting }: Shown): vscode.MarkdownString {
  const usable = candidates.filter(({ unavailable }) => unavailable === undefined).length;
  const lines = [
    decision ? headline(decision, candidates) : 'Nothing was routed yet.',
    ...(decision && served !== undefined && served !== decision.model ? [`${decision.model ?? ''} did not answer; **${served}** did.`] : []),
    `${String(usable)} of ${String(candidates.length)} models can be used now.`,
    ...[...resting].map(([id, rest]) => `$(watch) ${escapeMarkdown(restText(id, rest, Date.now()))}`),
    LINKS.map(link).join(' · '),
  ];
  const text = new vscode.MarkdownString(lines.join('\n\n'), true);
  text.isTrusted = { enabledCommands: LINKS.map((name) => commands[name].id) };
  return text;
}

function link(name: CommandName): string {
  const { id, title } = commands[name];
  return `[${title}](command:${id})`;
}
