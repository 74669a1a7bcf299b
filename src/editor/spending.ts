// “Show Spending” opens a page; “Export Ledger as CSV” writes all rows to a file of the user's choice.
import * as vscode from 'vscode';
import { toCsv } from '../router/spending/ledger-csv';
import { spendingPage } from '../router/spending/spending-page';
import type { Log } from '../shared/log';
import type { Budget } from './budget';
import { registerBudgetStatus, type BudgetStatusDeps } from './budget-status';
import { registerHandlers } from './commands';
import { openRendered } from './decision-log';

const SCHEME = 'fairlead-spending';
const PAGE = vscode.Uri.from({ scheme: SCHEME, path: '/Spending.md' });

export interface SpendingDeps extends BudgetStatusDeps {
  readonly log: Log;
}

export function registerSpending(deps: SpendingDeps): vscode.Disposable {
  const { budget, log } = deps;
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: () =>
      spendingPage({ today: budget.today(), month: budget.month(), state: budget.state(), now: Date.now() }),
  });
  return vscode.Disposable.from(
    provider,
    changed,
    registerBudgetStatus(deps),
    budget.onDidChange(() => {
      changed.fire(PAGE);
    }),
    registerHandlers(log, { showSpending: () => openRendered(PAGE, log), exportLedger: (file) => exportLedger(budget, file) }),
  );
}

async function exportLedger(budget: Budget, given: unknown): Promise<void> {
  const rows = await budget.rows(0);
  if (rows.length === 0) {
    void vscode.window.showInformationMessage('Fairlead: nothing was asked yet, so there is nothing to export.');
    return;
  }
  const target = given instanceof vscode.Uri ? given : await askWhere();
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(toCsv(rows)));
  void offerToOpen(target, rows.length);
}

async function offerToOpen(target: vscode.Uri, rows: number): Promise<void> {
  const open = 'Open';
  const chosen = await vscode.window.showInformationMessage(`Fairlead: ${String(rows)} rows are in ${vscode.workspace.asRelativePath(target)}.`, open);
  if (chosen === open) await vscode.commands.executeCommand('vscode.open', target);
}

function askWhere(): Thenable<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `fairlead-ledger-${new Date().toISOString().slice(0, 10)}.csv`;
  return vscode.window.showSaveDialog({
    title: 'Export Ledger as CSV',
    filters: { CSV: ['csv'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
  });
}
