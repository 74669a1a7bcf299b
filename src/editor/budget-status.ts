// The status bar item for what today cost, shown where a model may cost money; warns when a budget comes to its end.
import * as vscode from 'vscode';
import { mayCost } from '../router/spending/cost';
import { total } from '../router/spending/spending';
import { spendingSummary } from '../router/spending/spending-page';
import type { Candidate } from '../router/types';
import type { Budget } from './budget';
import { commands } from './commands-table';

export interface BudgetStatusDeps {
  readonly budget: Budget;
  readonly candidates: () => readonly Candidate[];
  readonly pool: { readonly onDidChange: vscode.Event<void> };
  readonly settings: { readonly onDidChange: vscode.Event<void> };
}

const LINKS = ['showSpending', 'exportLedger', 'openSettings'] as const;
const COLOURS = { ok: undefined, warn: 'statusBarItem.warningBackground', stop: 'statusBarItem.errorBackground' } as const;

export function registerBudgetStatus(deps: BudgetStatusDeps): vscode.Disposable {
  const { budget, candidates } = deps;
  const item = vscode.window.createStatusBarItem('fairlead.spending', vscode.StatusBarAlignment.Right, 94);
  item.name = 'Fairlead: spending of today';
  item.command = commands.showSpending.id;

  function draw(): void {
    const today = budget.today();
    const { usd, billable, unpriced } = total(today);
    const priced = candidates().some((one) => one.price !== undefined && mayCost(one));
    const state = budget.state();
    if (!priced && billable === 0 && state.caps.length === 0) {
      item.hide();
      return;
    }
    const spent = `$${usd.toFixed(2)}${unpriced > 0 ? '+' : ''}`;
    const colour = COLOURS[state.level];
    item.text = `$(credit-card) ${spent}`;
    item.backgroundColor = colour === undefined ? undefined : new vscode.ThemeColor(colour);
    item.tooltip = tooltip(spendingSummary({ today, month: budget.month(), state, now: Date.now() }));
    item.accessibilityInformation = { label: `Fairlead, spent today: ${spent.slice(1)} US dollars${LEVELS[state.level]}`, role: 'button' };
    item.show();
  }

  draw();
  return vscode.Disposable.from(item, budget.onDidChange(draw), deps.pool.onDidChange(draw), deps.settings.onDidChange(draw));
}

const LEVELS = { ok: '', warn: ', near a budget', stop: ', a budget is used up' } as const;

function tooltip(summary: string): vscode.MarkdownString {
  const links = LINKS.map((name) => `[${commands[name].title}](command:${commands[name].id})`).join(' · ');
  const text = new vscode.MarkdownString(`${summary}\n\n${links}`, true);
  text.isTrusted = { enabledCommands: LINKS.map((name) => commands[name].id) };
  return text;
}
