// How what decides is put together: classifiers, the router, the budget, and what warms them up.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { createLedger } from '../adapters/ledger-file';
import type { LlamaRuntime } from '../adapters/llama/runtime';
import { readPower } from '../adapters/power';
import { createBudget, type Budget } from '../editor/budget';
import type { Corrections } from '../editor/corrections';
import type { DecisionLog } from '../editor/decision-log';
import type { Keys } from '../editor/keys';
import type { Privacy } from '../editor/privacy';
import type { SettingsStore } from '../editor/settings-store';
import { registerWarmUp } from '../editor/warm-up';
import type { LedgerRow } from '../router/spending/ledger';
import { createConversationMemory } from '../router/memory';
import { guardClassifier } from '../router/privacy/outgoing';
import type { Classifier, Clock } from '../router/ports';
import { createRouter, type Router } from '../router/route';
import { lazily } from '../shared/lazily';
import type { Log } from '../shared/log';

/** Those of the settings, best first. */
type Classifiers = () => Promise<readonly Classifier[]>;

interface WarmUpParts {
  readonly classifiers: Classifiers;
  readonly corrections: Corrections;
  readonly settings: SettingsStore;
  readonly log: Log;
}

export function startWarmUp({ classifiers, corrections, settings, log }: WarmUpParts): vscode.Disposable {
  return registerWarmUp({
    classifiers,
    routes: (resource) => corrections.applied(settings.for(resource).routes),
    wanted: () => settings.for(undefined).classifier.warmUp,
    power: readPower,
    log,
  });
}

interface BudgetParts {
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsStore;
  readonly decisions: DecisionLog;
  readonly clock: Clock;
  readonly log: Log;
}

export function buildBudget({ context, settings, decisions, clock, log }: BudgetParts): Budget {
  const file = createLedger({ folder: context.globalStorageUri.fsPath, log, now: () => clock.now() });
  const record = (row: LedgerRow): void => {
    decisions.asked(row);
    file.record(row);
  };
  const budget = createBudget({ ledger: { ...file, record }, settings, clock, log });
  context.subscriptions.push(budget, { dispose: () => file.close() });
  return budget;
}

interface RoutingParts {
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsStore;
  readonly keys: Keys;
  readonly runtime: LlamaRuntime;
  readonly privacy: Privacy;
  readonly decisions: DecisionLog;
  readonly clock: Clock;
  readonly log: Log;
}

export function buildRouting({ context, settings, keys, runtime, privacy, decisions, clock, log }: RoutingParts): {
  readonly router: Router;
  readonly classifiers: Classifiers;
} {
  const classifiersOf = lazily(async () => {
    const { classifiersFrom } = await import('../adapters/classifiers/from-settings');
    return classifiersFrom({
      runtime,
      routerFolder: join(context.extensionPath, 'models', 'router'),
      key: keys.get,
      clock,
      routeVectors: { path: join((context.storageUri ?? context.globalStorageUri).fsPath, 'route-vectors.bin'), log },
    });
  });
  const classifiers: Classifiers = async () => {
    const from = await classifiersOf();
    return from(settings.for(undefined).classifier).map((classifier) => guardClassifier(classifier, privacy.outgoing));
  };
  const router = createRouter({ classifiers, memory: createConversationMemory(), clock, sink: decisions.sink });
  return { router, classifiers };
}
