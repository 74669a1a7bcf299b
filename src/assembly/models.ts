// How what answers is put together: the GGUF child, the pool of models, downloads, and the backends behind their one
// door. What later/ holds is loaded at its first use: activation must not wait for it.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { lazyBackend, type LazyProvider } from '../adapters/lazy-backend';
import { createRuntime } from '../adapters/llama/create-runtime';
import type { LlamaRuntime } from '../adapters/llama/runtime';
import type { Keys } from '../editor/keys';
import { registerLocalModels } from '../editor/local-models';
import type { Output } from '../editor/output';
import { createPool, type Pool } from '../editor/pool';
import type { Privacy } from '../editor/privacy';
import { createQuarantineNotice } from '../editor/quarantine-notice';
import type { SettingsStore } from '../editor/settings-store';
import { createVscodeLmBackend, offeredModels } from '../editor/vscode-lm-backend';
import { withFittingHistory } from '../router/running/history';
import { guardBackend } from '../router/privacy/outgoing';
import type { Backend } from '../router/ports';
import type { Candidate, ProviderKind } from '../router/types';
import { lazily } from '../shared/lazily';
import type { Log } from '../shared/log';
import type * as serversModule from './later/servers';

type Servers = typeof serversModule;

export const servers = (): Promise<Servers> => import('./later/servers');

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

export function buildPool({ context, settings, keys, runtime, privacy, log }: PoolParts): Pool {
  const finder = lazily(async () => {
    const { createFinder } = await servers();
    return createFinder({ key: keys.get, runtime, ownFolder: ownFolder(context), onlyHere: (rules) => privacy.allHere(rules), log });
  });
  return createPool<readonly Candidate[]>({
    settings,
    discover: async (wanted, signal) => (await finder()).find(wanted, signal),
    build: async ({ models }, found, offered) => (await finder()).list({ models, discovered: found ?? [], vscode: offered }),
    offered: offeredModels,
    log,
  });
}

export function buildRuntime(context: vscode.ExtensionContext, settings: SettingsStore, output: Output, changed: () => void): LlamaRuntime {
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

/** Where downloaded models lie unless the settings name another folder. */
function ownFolder(context: vscode.ExtensionContext): string {
  return join(context.globalStorageUri.fsPath, 'models');
}

export function startLocalModels({ context, settings, output, changed }: LocalModelParts): vscode.Disposable {
  const { log } = output;
  return registerLocalModels({
    open: async () => {
      const { openLocalModels } = await import('./later/local-models');
      return openLocalModels({ ownFolder: ownFolder(context), setting: () => settings.for(undefined).localModels, log });
    },
    changed,
    memory: context.globalState,
    showOutput: () => output.show(),
    log,
  });
}

/** Every request to a model passes the door of privacy, whoever asks. */
export function buildBackends({ keys: { get: key }, runtime, log }: ModelParts, { outgoing }: Privacy): ReadonlyMap<ProviderKind, Backend> {
  const lazy = (provider: LazyProvider): Backend => lazyBackend(provider, async () => (await servers()).createBackend[provider]({ key, runtime, log }));
  const backends = [lazy('openai'), lazy('anthropic'), lazy('ollama'), lazy('llama'), createVscodeLmBackend()];
  return new Map(backends.map((backend) => [backend.provider, guardBackend(withFittingHistory(backend), outgoing)]));
}
