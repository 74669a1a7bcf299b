// The only place where the parts meet: build, hand over, register, dispose. How the larger ones are built: assembly/.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { createEventStore } from './adapters/events-file';
import { createGlobMatcher } from './adapters/globs';
import { readPower } from './adapters/power';
import { createResilience } from './adapters/resilience';
import { createSecretFinder } from './adapters/secrets';
import { createSyntax } from './adapters/tree-sitter';
import { registerCommands } from './editor/commands';
import { createCorrections } from './editor/corrections';
import { createDecisionLog, registerDecisionView } from './editor/decision-log';
import { createDispatch } from './editor/dispatch';
import { createFeedback } from './editor/feedback';
import { registerInline } from './editor/inline';
import { createKeys } from './editor/keys';
import { registerModelProvider } from './editor/model-provider';
import { registerOllamaPull } from './editor/ollama-pull';
import { createOutput } from './editor/output';
import { registerParticipant } from './editor/participant';
import { createPrivacy } from './editor/privacy';
import { registerPrivacyView } from './editor/privacy-view';
import { createSettingsStore } from './editor/settings-store';
import { createStarter } from './editor/starter';
import { registerSpending } from './editor/spending';
import { registerStatusBar } from './editor/status-bar';
import type { Candidate } from './router/types';
import { buildBackends, buildPool, buildRuntime, servers, startLocalModels } from './assembly/models';
import { buildBudget, buildRouting, startWarmUp } from './assembly/routing';

export function activate(context: vscode.ExtensionContext): void {
  const clock = { now: () => performance.timeOrigin + performance.now() };
  const output = createOutput();
  const { log } = output;
  const settings = createSettingsStore({ log });
  const decisions = createDecisionLog({ log });
  const keys = createKeys({ secrets: context.secrets, settings });
  const matches = createGlobMatcher();
  const events = createEventStore({ folder: context.globalStorageUri.fsPath, log });
  const runtime = buildRuntime(context, settings, output, () => void pool.refresh());
  const privacy = createPrivacy({ settings, findSecrets: createSecretFinder(), matches, sink: decisions.sink, log });
  const pool = buildPool({ context, settings, keys, runtime, privacy, log });
  const backends = buildBackends({ keys, runtime, log }, privacy);
  const { router, classifiers } = buildRouting({ context, settings, keys, runtime, privacy, decisions, clock, log });
  const corrections = createCorrections(context.globalState);
  const budget = buildBudget({ context, settings, decisions, clock, log });
  const dispatch = createDispatch({ router, pool, settings, backends, corrections, privacy, resilience: createResilience({ log }), budget, clock, log });
  const feedback = createFeedback({ decisions, events });
  const candidates = (): readonly Candidate[] => pool.candidates();
  const view = registerDecisionView({ decisions, candidates, log });
  const syntax = createSyntax({ folder: join(context.extensionPath, 'dist', 'grammars'), log });
  context.subscriptions.push(output, settings, decisions, pool, view, { dispose: () => events.close() });

  const start = createStarter({ subscriptions: context.subscriptions, log });
  start('the model provider', () => registerModelProvider({ dispatch, decisions, onDidChangePool: pool.onDidChange, log }));
  start('@fairlead', () => registerParticipant({ dispatch, decisions, settings, feedback, log }));
  start('inline completions', () => registerInline({ dispatch, decisions, settings, view, events, memory: context.globalState, matches, power: readPower, syntax, log }));
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
      listModels: async (baseUrl, signal) => (await servers()).listModels({ key: keys.get }, baseUrl, signal),
    }),
  );
  start('local models', () => startLocalModels({ context, settings, output, changed: () => void pool.refresh() }));
  start('Ollama', () => registerOllamaPull({ settings, pool, log, pull: async (request, hooks) => (await servers()).pullOllamaModel({ key: keys.get, log }, request, hooks) }));
  start('the status bar', () => registerStatusBar({ decisions, candidates, resting: () => dispatch.resting(), onDidChangePool: pool.onDidChange }));
  start('spending', () => registerSpending({ budget, candidates, pool, settings, log }));
  start('the view of privacy', () => registerPrivacyView({ privacy, settings, candidates, onDidChangePool: pool.onDidChange, log }));
  start('warming up', () => startWarmUp({ classifiers, corrections, settings, log }));
  start('looking for models', () => pool.watch(keys.onDidChange));
}
