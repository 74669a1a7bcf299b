// What was spent and what is left: sums the ledger as rows come, those of other windows and earlier sessions too, and
// tells the user once when a budget comes near its end and once when it is used up.
import * as vscode from 'vscode';
import { budgetState, capAdvice, capText, hasCaps, usdText, type BudgetState } from '../router/spending/budget';
import type { Ledger, LedgerRow, LedgerSink } from '../router/spending/ledger';
import type { Clock } from '../router/ports';
import { createSpending, startOfDay, startOfMonth, type Spending, type Sums } from '../router/spending/spending';
import type { CapUse } from '../router/types';
import { throwIfAborted, withDeadline } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { commands } from './commands-table';
import type { Ending } from './ending';
import type { SettingsStore } from './settings-store';

export interface BudgetDeps {
  readonly ledger: Ledger;
  readonly settings: SettingsStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Budget extends Ending {
  readonly record: LedgerSink;
  /** How far the caps are used up, that of a conversation included where one is given. */
  state(conversation?: string): BudgetState;
  /** Resolves when what earlier sessions spent is known, at the latest after half a second; at once without caps. */
  ready(signal: AbortSignal): Promise<void>;
  today(): ReadonlyMap<string, Sums>;
  month(): ReadonlyMap<string, Sums>;
  rows(since: number): Promise<readonly LedgerRow[]>;
  readonly onDidChange: vscode.Event<void>;
}

const READY_MS = 500;
/** Rows of other windows are read again after this long, and days and months may have changed. */
const AGAIN_MS = 30_000;
const NO_CAPS: BudgetState = { caps: [], stops: [], level: 'ok' };

export function createBudget({ ledger, settings, clock, log }: BudgetDeps): Budget {
  const spending = createSpending();
  const changed = new vscode.EventEmitter<void>();
  const tell = createTeller();
  const reader = createReader({ ledger, spending, clock, log, onRead: () => changed.fire() });

  const state = (conversation?: string): BudgetState => {
    const { budgets } = settings.for();
    return hasCaps(budgets) ? budgetState({ budgets, spending, conversation, now: clock.now() }) : NO_CAPS;
  };
  return {
    record: (row) => {
      spending.add(row);
      ledger.record(row);
      tell(state(row.conversation), settings.for().budgets.warnAt, clock.now());
      changed.fire();
    },
    state,
    ready: async (signal) => {
      if (!hasCaps(settings.for().budgets)) return;
      await withDeadline(READY_MS, signal, reader.first).catch(() => {
        throwIfAborted(signal);
      });
    },
    today: () => spending.since(startOfDay(clock.now())),
    month: () => spending.since(startOfMonth(clock.now())),
    rows: (since) => ledger.rows(since),
    onDidChange: changed.event,
    dispose: () => {
      reader.dispose();
      changed.dispose();
    },
  };
}

interface ReaderDeps {
  readonly ledger: Ledger;
  readonly spending: Spending;
  readonly clock: Clock;
  readonly log: Log;
  readonly onRead: () => void;
}

/** Adds what other windows and earlier sessions spent: soon after the start, and again every while. */
function createReader({ ledger, spending, clock, log, onRead }: ReaderDeps): Ending & { readonly first: () => Promise<void> } {
  const readAll = async (): Promise<void> => {
    for (;;) {
      const rows = await ledger.others(startOfMonth(clock.now()));
      for (const row of rows) spending.add(row);
      if (rows.length === 0) return;
    }
  };
  const read = async (): Promise<void> => {
    try {
      await readAll();
      onRead();
    } catch (error) {
      log.debug(`reading what was spent elsewhere: ${messageOf(error)}`);
    }
  };
  let reading: Promise<void> | undefined;
  let first: Promise<void> | undefined;
  const again = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    first ??= reading;
    return reading;
  };
  const soon = setTimeout(() => void again(), 0);
  const timer = setInterval(() => void again(), AGAIN_MS);
  return {
    first: () => first ?? again(),
    dispose: () => {
      clearTimeout(soon);
      clearInterval(timer);
    },
  };
}

/** Each cap is told once near its end and once at its end; again after it has been reset. */
function createTeller(): (state: BudgetState, warnAt: number, now: number) => void {
  const told = new Set<string>();
  return ({ caps }, warnAt, now) => {
    for (const cap of caps) {
      if (cap.used < cap.cap * warnAt) continue;
      const full = cap.used >= cap.cap;
      const key = `${cap.period} ${cap.unit} ${String(cap.cap)} ${String(cap.resetsAt)} ${String(full)}`;
      if (told.has(key)) continue;
      told.add(key);
      void show(full ? `Fairlead: ${capText(cap)}; ${capAdvice(cap, now)}.` : `Fairlead: ${nearText(cap)}.`);
    }
  };
}

function nearText({ period, unit, used, cap }: CapUse): string {
  const amount = (value: number): string => (unit === 'usd' ? usdText(value) : String(value));
  const whose = period === 'conversation' ? 'this conversation’s' : `the ${period}’s`;
  return `${String(Math.floor((used / cap) * 100))} % of ${whose} budget is used (${amount(used)} of ${amount(cap)}${unit === 'usd' ? '' : ' requests'})`;
}

async function show(text: string): Promise<void> {
  const { id, title } = commands.showSpending;
  const chosen = await vscode.window.showWarningMessage(text, title, 'Change Budgets');
  if (chosen === title) await vscode.commands.executeCommand(id);
  if (chosen === 'Change Budgets') await vscode.commands.executeCommand('workbench.action.openSettings', 'fairlead.budgets');
}
