// The only place where the parts meet: build, hand over, register, dispose.
import type * as vscode from 'vscode';
import { buildCandidates } from './adapters/candidates';
import { discoverModels } from './adapters/discovery';
import { createEventStore } from './adapters/events-file';
import { createGlobMatcher } from './adapters/globs';
import { listModels } from './adapters/list-models';
import { createOllamaBackend } from './adapters/ollama';
import { createOpenAiBackend } from './adapters/openai';
import { registerCommands } from './editor/commands';
import { createDecisionLog, registerDecisionView } from './editor/decision-log';
import { createDispatch } from './editor/dispatch';
import { createFeedback } from './editor/feedback';
import { registerInline } from './editor/inline';
import { createInlineStatus } from './editor/inline-status';
import { createKeys, type Keys } from './editor/keys';
import { registerModelProvider } from './editor/model-provider';
import { createOutput } from './editor/output';
import { registerParticipant } from './editor/participant';
import { createPool, type Pool } from './editor/pool';
import { createSettingsStore, type SettingsStore } from './editor/settings-store';
import { createStarter } from './editor/starter';
import { registerStatusBar } from './editor/status-bar';
import { createVscodeLmBackend, offeredModels } from './editor/vscode-lm-backend';
import { createLexicalClassifier } from './router/lexical';
import { createConversationMemory } from './router/memory';
import type { Backend } from './router/ports';
import { createRouter } from './router/route';
import type { Candidate, ProviderKind } from './router/types';
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
  const lexical = createLexicalClassifier(clock);
  const router = createRouter({
    classifiers: () => [lexical],
    memory: createConversationMemory(),
    clock,
    sink: decisions.sink,
  });
  const dispatch = createDispatch({ router, pool, settings, backends, matches: createGlobMatcher(), log });
  const feedback = createFeedback({ decisions, events });
  const candidates = (): readonly Candidate[] => pool.candidates();
  const view = registerDecisionView({ decisions, candidates, log });
  const inlineStatus = createInlineStatus({ settings });
  context.subscriptions.push(output, settings, decisions, pool, view, inlineStatus, { dispose: () => events.close() });

  const start = createStarter({ subscriptions: context.subscriptions, log });
  start('the model provider', () =>
    registerModelProvider({ dispatch, decisions, onDidChangePool: pool.onDidChange, log }),
  );
  start('@fairlead', () => registerParticipant({ dispatch, decisions, settings, feedback, log }));
  start('inline completions', () => registerInline({ dispatch, decisions, settings, status: inlineStatus, log }));
  start('commands', () =>
    registerCommands({
      dispatch,
      decisions,
      view,
      feedback,
      output,
      keys,
      settings,
      log,
      listModels: (baseUrl, signal) => listModels({ key: keys.get }, baseUrl, signal),
    }),
  );
  start('the status bar', () => registerStatusBar({ decisions, candidates, onDidChangePool: pool.onDidChange }));
  start('looking for models', () => pool.watch(keys.onDidChange));
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

function buildBackends({ get: key }: Keys, log: Log): ReadonlyMap<ProviderKind, Backend> {
  const backends = [createOpenAiBackend({ key, log }), createOllamaBackend({ key, log }), createVscodeLmBackend()];
  return new Map(backends.map((backend) => [backend.provider, backend]));
}
