// The only place where the parts meet: build, hand over, register, dispose.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { createAnthropicBackend } from './adapters/anthropic';
import { buildCandidates } from './adapters/candidates';
import { readCatalog } from './adapters/catalog';
import { classifiersFrom } from './adapters/classifiers/from-settings';
import { discoverModels } from './adapters/discovery';
import { readGgufFacts } from './adapters/download/gguf-header';
import { createModelStore, modelsFolder } from './adapters/download/model-store';
import { createEventStore } from './adapters/events-file';
import { createGlobMatcher } from './adapters/globs';
import { listModels } from './adapters/list-models';
import { createRuntime } from './adapters/llama/create-runtime';
import type { LlamaRuntime } from './adapters/llama/runtime';
import { createOllamaBackend } from './adapters/ollama';
import { createOpenAiBackend } from './adapters/openai';
import { readPower } from './adapters/power';
import { registerCommands } from './editor/commands';
import { createCorrections } from './editor/corrections';
import { createDecisionLog, registerDecisionView, type DecisionLog } from './editor/decision-log';
import { createDispatch } from './editor/dispatch';
import { createFeedback } from './editor/feedback';
import { registerInline } from './editor/inline';
import { createInlineStatus } from './editor/inline-status';
import { createKeys, type Keys } from './editor/keys';
import { registerLocalModels } from './editor/local-models';
import { registerModelProvider } from './editor/model-provider';
import { createOutput, type Output } from './editor/output';
import { registerParticipant } from './editor/participant';
import { createPool, type Pool } from './editor/pool';
import { createQuarantineNotice } from './editor/quarantine-notice';
import { createSettingsStore, type SettingsStore } from './editor/settings-store';
import { createStarter } from './editor/starter';
import { registerStatusBar } from './editor/status-bar';
import { createVscodeLmBackend, offeredModels } from './editor/vscode-lm-backend';
import { registerWarmUp } from './editor/warm-up';
import { withFittingHistory } from './router/history';
import { createConversationMemory } from './router/memory';
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
  const pool = buildPool({ settings, keys, log });
  const backends = buildBackends(keys, log);
  const { router, classifiers } = buildRouting({ context, settings, keys, decisions, clock, output });
  const corrections = createCorrections(context.globalState);
  const dispatch = createDispatch({ router, pool, settings, backends, matches: createGlobMatcher(), corrections, clock, log });
  const feedback = createFeedback({ decisions, events });
  const candidates = (): readonly Candidate[] => pool.candidates();
  const view = registerDecisionView({ decisions, candidates, log });
  const inlineStatus = createInlineStatus({ settings });
  context.subscriptions.push(output, settings, decisions, pool, view, inlineStatus, { dispose: () => events.close() });

  const start = createStarter({ subscriptions: context.subscriptions, log });
  start('the model provider', () => registerModelProvider({ dispatch, decisions, onDidChangePool: pool.onDidChange, log }));
  start('@fairlead', () => registerParticipant({ dispatch, decisions, settings, feedback, log }));
  start('inline completions', () => registerInline({ dispatch, decisions, settings, status: inlineStatus, log }));
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
  start('local models', () => startLocalModels(context, settings, output));
  start('the status bar', () => registerStatusBar({ decisions, candidates, onDidChangePool: pool.onDidChange }));
  start('warming up', () =>
    registerWarmUp({
      classifiers,
      routes: (resource) => corrections.applied(settings.for(resource).routes),
      wanted: () => settings.for(undefined).classifier.warmUp,
      power: readPower,
      log,
    }),
  );
  start('looking for models', () => pool.watch(keys.onDidChange));
}

interface RoutingParts {
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsStore;
  readonly keys: Keys;
  readonly decisions: DecisionLog;
  readonly clock: Clock;
  readonly output: Output;
}

function buildRouting({ context, settings, keys, decisions, clock, output }: RoutingParts): {
  readonly router: Router;
  readonly classifiers: () => readonly Classifier[];
} {
  const classifiersOf = classifiersFrom({
    runtime: buildRuntime(context, settings, output),
    routerFolder: join(context.extensionPath, 'models', 'router'),
    key: keys.get,
    clock,
  });
  const classifiers = (): readonly Classifier[] => classifiersOf(settings.for(undefined).classifier);
  const router = createRouter({ classifiers, memory: createConversationMemory(), clock, sink: decisions.sink });
  return { router, classifiers };
}

interface PoolParts {
  readonly settings: SettingsStore;
  readonly keys: Keys;
  readonly log: Log;
}

function buildPool({ settings, keys, log }: PoolParts): Pool {
  return createPool<readonly Candidate[]>({
    settings,
    discover: ({ discovery }, signal) => {
      const { enabled, endpoints } = discovery;
      return discoverModels({ key: keys.get, endpoints, log, ...(enabled ? {} : { usual: [] }) }, signal);
    },
    build: ({ models }, found, offered) => buildCandidates({ models, discovered: found ?? [], vscode: offered }),
    offered: offeredModels,
    log,
  });
}

function buildRuntime(context: vscode.ExtensionContext, settings: SettingsStore, output: Output): LlamaRuntime {
  const { log } = output;
  const onQuarantine = createQuarantineNotice({
    tryAgain: (path) => runtime.tryAgain(path),
    showOutput: () => output.show(),
    log,
  });
  const runtime: LlamaRuntime = createRuntime({
    hostPath: join(context.extensionPath, 'dist', 'llama-host.js'),
    storage: join(context.globalStorageUri.fsPath, 'runtime'),
    settings: () => settings.for(undefined).runtime,
    log,
    onQuarantine,
  });
  context.subscriptions.push({ dispose: () => void runtime.dispose() });
  return runtime;
}

function startLocalModels(context: vscode.ExtensionContext, settings: SettingsStore, output: Output): vscode.Disposable {
  const { log } = output;
  const own = join(context.globalStorageUri.fsPath, 'models');
  const setting = (): Settings['localModels'] => settings.for(undefined).localModels;
  const store = createModelStore({
    folder: () => modelsFolder(setting().folder, own),
    mirror: () => (setting().mirror === '' ? undefined : setting().mirror),
    log,
  });
  return registerLocalModels({
    catalog: readCatalog(),
    store,
    inspect: readGgufFacts,
    memory: context.globalState,
    showOutput: () => output.show(),
    log,
  });
}

function buildBackends({ get: key }: Keys, log: Log): ReadonlyMap<ProviderKind, Backend> {
  const backends = [createOpenAiBackend({ key, log }), createAnthropicBackend({ key, log }), createOllamaBackend({ key, log }), createVscodeLmBackend()];
  return new Map(backends.map((backend) => [backend.provider, withFittingHistory(backend)]));
}
