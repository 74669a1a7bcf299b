// The only place where the parts meet: build, hand over, register, dispose.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { createAnthropicBackend } from './adapters/anthropic';
import { buildCandidates, pathOf } from './adapters/candidates';
import { otherWork, readCatalog } from './adapters/catalog';
import { classifiersFrom } from './adapters/classifiers/from-settings';
import { discoverModels } from './adapters/discovery';
import { readGgufFacts } from './adapters/download/gguf-header';
import { createModelStore, modelsFolder } from './adapters/download/model-store';
import { createEventStore } from './adapters/events-file';
import { createGlobMatcher } from './adapters/globs';
import { createLedger } from './adapters/ledger-file';
import { listModels } from './adapters/list-models';
import { createLlamaBackend } from './adapters/llama-chat';
import { createLlamaModels } from './adapters/llama-models';
import { createRuntime } from './adapters/llama/create-runtime';
import type { LlamaRuntime } from './adapters/llama/runtime';
import { createOllamaBackend } from './adapters/ollama';
import { pullOllamaModel } from './adapters/ollama-pull';
import { createOpenAiBackend } from './adapters/openai';
import { readPower } from './adapters/power';
import { createSyntax } from './adapters/tree-sitter';
import { createResilience } from './adapters/resilience';
import { createSecretFinder } from './adapters/secrets';
import { createBudget, type Budget } from './editor/budget';
import { registerCommands } from './editor/commands';
import { createCorrections, type Corrections } from './editor/corrections';
import { createDecisionLog, registerDecisionView, type DecisionLog } from './editor/decision-log';
import { createDispatch } from './editor/dispatch';
import { createFeedback } from './editor/feedback';
import { registerInline } from './editor/inline';
import { createInlineStatus } from './editor/inline-status';
import { createKeys, type Keys } from './editor/keys';
import { registerLocalModels } from './editor/local-models';
import { registerModelProvider } from './editor/model-provider';
import { registerOllamaPull } from './editor/ollama-pull';
import { createOutput, type Output } from './editor/output';
import { registerParticipant } from './editor/participant';
import { createPool, type Pool } from './editor/pool';
import { createPrivacy, type Privacy } from './editor/privacy';
import { registerPrivacyView } from './editor/privacy-view';
import { createQuarantineNotice } from './editor/quarantine-notice';
import { createSettingsStore, type SettingsStore } from './editor/settings-store';
import { createStarter } from './editor/starter';
import { registerSpending } from './editor/spending';
import { registerStatusBar } from './editor/status-bar';
import { createVscodeLmBackend, offeredModels } from './editor/vscode-lm-backend';
import { registerWarmUp } from './editor/warm-up';
import { withFittingHistory } from './router/history';
import type { LedgerRow } from './router/ledger';
import { createConversationMemory } from './router/memory';
import { guardBackend, guardClassifier } from './router/outgoing';
import type { Backend, Classifier, Clock } from './router/ports';
import { createRouter, type Router } from './router/route';
import type { Candidate, ProviderKind } from './router/types';
import type { Settings } from './settings/settings';
import type { Log } from './shared/log';

export function activate(context: vscode.ExtensionContext): void {
  const clock = { now: () => performance.timeOrigin + performance.now() };
  const output = createOutput();
  const { log } = output;
  const settings = createSettingsStore({ log });
  const decisions = createDecisionLog({ log });
  const keys = createKeys({ secrets: context.secrets, settings });
  const events = createEventStore({ folder: context.globalStorageUri.fsPath, log });
  const runtime = buildRuntime(context, settings, output, () => void pool.refresh());
  const privacy = createPrivacy({ settings, findSecrets: createSecretFinder(), matches: createGlobMatcher(), sink: decisions.sink, log });
  const pool = buildPool({ context, settings, keys, runtime, privacy, log });
  const backends = buildBackends({ keys, runtime, log }, privacy);
  const { router, classifiers } = buildRouting({ context, settings, keys, runtime, privacy, decisions, clock });
  const corrections = createCorrections(context.globalState);
  const budget = buildBudget({ context, settings, decisions, clock, log });
  const dispatch = createDispatch({ router, pool, settings, backends, corrections, privacy, resilience: createResilience({ log }), budget, clock, log });
  const feedback = createFeedback({ decisions, events });
  const candidates = (): readonly Candidate[] => pool.candidates();
  const view = registerDecisionView({ decisions, candidates, log });
  const inlineStatus = createInlineStatus({ settings });
  const syntax = createSyntax({ folder: join(context.extensionPath, 'dist', 'grammars'), log });
  context.subscriptions.push(output, settings, decisions, pool, view, inlineStatus, { dispose: () => events.close() });

  const start = createStarter({ subscriptions: context.subscriptions, log });
  start('the model provider', () => registerModelProvider({ dispatch, decisions, onDidChangePool: pool.onDidChange, log }));
  start('@fairlead', () => registerParticipant({ dispatch, decisions, settings, feedback, log }));
  start('inline completions', () => registerInline({ dispatch, decisions, settings, status: inlineStatus, syntax, log }));
  start('commands', () =>
    registerCommands({
      dispatch,
      decisions,
      view,
      feedback,
      corrections,
      output,
      keys,
      settings,
      plano: () => import('./adapters/plano-yaml'),
      log,
      listModels: (baseUrl, signal) => listModels({ key: keys.get }, baseUrl, signal),
    }),
  );
  start('local models', () => startLocalModels({ context, settings, output, changed: () => void pool.refresh() }));
  start('Ollama', () => registerOllamaPull({ settings, pool, log, pull: (request, hooks) => pullOllamaModel({ key: keys.get, log }, request, hooks) }));
  start('the status bar', () => registerStatusBar({ decisions, candidates, onDidChangePool: pool.onDidChange }));
  start('spending', () => registerSpending({ budget, candidates, pool, settings, log }));
  start('the view of privacy', () => registerPrivacyView({ privacy, settings, candidates, onDidChangePool: pool.onDidChange, log }));
  start('warming up', () => startWarmUp({ classifiers, corrections, settings, log }));
  start('looking for models', () => pool.watch(keys.onDidChange));
}

interface WarmUpParts {
  readonly classifiers: () => readonly Classifier[];
  readonly corrections: Corrections;
  readonly settings: SettingsStore;
  readonly log: Log;
}

function startWarmUp({ classifiers, corrections, settings, log }: WarmUpParts): vscode.Disposable {
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

function buildBudget({ context, settings, decisions, clock, log }: BudgetParts): Budget {
  const file = createLedger({ folder: context.globalStorageUri.fsPath, log, now: clock.now });
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
}

function buildRouting({ context, settings, keys, runtime, privacy, decisions, clock }: RoutingParts): {
  readonly router: Router;
  readonly classifiers: () => readonly Classifier[];
} {
  const classifiersOf = classifiersFrom({
    runtime,
    routerFolder: join(context.extensionPath, 'models', 'router'),
    key: keys.get,
    clock,
  });
  const classifiers = (): readonly Classifier[] =>
    classifiersOf(settings.for(undefined).classifier).map((classifier) => guardClassifier(classifier, privacy.outgoing));
  const router = createRouter({ classifiers, memory: createConversationMemory(), clock, sink: decisions.sink });
  return { router, classifiers };
}

interface ModelParts {
  readonly keys: Keys;
  readonly runtime: LlamaRuntime;
  readonly log: Log;
}

interface PoolParts extends ModelParts {
  readonly privacy: Privacy;
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsStore;
}

function buildPool({ context, settings, keys, runtime, privacy, log }: PoolParts): Pool {
  const files = createLlamaModels();
  return createPool<readonly Candidate[]>({
    settings,
    discover: async ({ models, discovery, classifier, localModels, rules }, signal) => {
      const { enabled, endpoints } = discovery;
      const found = await Promise.all([
        discoverModels({ key: keys.get, endpoints, onlyHere: privacy.allHere(rules), log, ...(enabled ? {} : { usual: [] }) }, signal),
        files({
          folder: folderOf(context, localModels),
          named: Object.values(models).flatMap((model) => (model.provider === 'llama' ? [pathOf(model)] : [])),
          others: [...otherWork(readCatalog()), classifier.file],
          setAside: runtime.state().quarantined,
          log,
        }),
      ]);
      return found.flat();
    },
    build: ({ models }, found, offered) => buildCandidates({ models, discovered: found ?? [], vscode: offered }),
    offered: offeredModels,
    log,
  });
}

function buildRuntime(context: vscode.ExtensionContext, settings: SettingsStore, output: Output, changed: () => void): LlamaRuntime {
  const { log } = output;
  const notice = createQuarantineNotice({
    tryAgain: (path) => {
      runtime.tryAgain(path);
      changed();
    },
    showOutput: () => output.show(),
    log,
  });
  const runtime: LlamaRuntime = createRuntime({
    hostPath: join(context.extensionPath, 'dist', 'llama-host.js'),
    storage: join(context.globalStorageUri.fsPath, 'runtime'),
    settings: () => settings.for(undefined).runtime,
    log,
    onQuarantine: (file) => {
      notice(file);
      changed();
    },
  });
  context.subscriptions.push({ dispose: () => void runtime.dispose() });
  return runtime;
}

interface LocalModelParts {
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsStore;
  readonly output: Output;
  /** Told when a file has come or gone. */
  readonly changed: () => void;
}

function folderOf(context: vscode.ExtensionContext, { folder }: Settings['localModels']): string {
  return modelsFolder(folder, join(context.globalStorageUri.fsPath, 'models'));
}

function startLocalModels({ context, settings, output, changed }: LocalModelParts): vscode.Disposable {
  const { log } = output;
  const setting = (): Settings['localModels'] => settings.for(undefined).localModels;
  const store = createModelStore({
    folder: () => folderOf(context, setting()),
    mirror: () => (setting().mirror === '' ? undefined : setting().mirror),
    log,
  });
  return registerLocalModels({
    catalog: readCatalog(),
    store,
    inspect: readGgufFacts,
    changed,
    memory: context.globalState,
    showOutput: () => output.show(),
    log,
  });
}

/** Every request to a model passes the door of privacy, whoever asks. */
function buildBackends({ keys: { get: key }, runtime, log }: ModelParts, { outgoing }: Privacy): ReadonlyMap<ProviderKind, Backend> {
  const backends = [createOpenAiBackend({ key, log }), createAnthropicBackend({ key, log }), createOllamaBackend({ key, log }), createLlamaBackend({ runtime }), createVscodeLmBackend()];
  return new Map(backends.map((backend) => [backend.provider, guardBackend(withFittingHistory(backend), outgoing)]));
}
