// How what answers is put together: the GGUF child, the pool of models, downloads, and the backends behind their one door.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { createAnthropicBackend } from '../adapters/anthropic';
import { buildCandidates, pathOf } from '../adapters/candidates';
import { otherWork, readCatalog } from '../adapters/catalog';
import { discoverModels } from '../adapters/discovery';
import { readGgufFacts } from '../adapters/download/gguf-header';
import { createModelStore, modelsFolder } from '../adapters/download/model-store';
import { createLlamaBackend } from '../adapters/llama-chat';
import { createLlamaModels } from '../adapters/llama-models';
import { createRuntime } from '../adapters/llama/create-runtime';
import type { LlamaRuntime } from '../adapters/llama/runtime';
import { createOllamaBackend } from '../adapters/ollama';
import { createOpenAiBackend } from '../adapters/openai';
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
import type { Settings } from '../settings/settings';
import type { Log } from '../shared/log';

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

function folderOf(context: vscode.ExtensionContext, { folder }: Settings['localModels']): string {
  return modelsFolder(folder, join(context.globalStorageUri.fsPath, 'models'));
}

export function startLocalModels({ context, settings, output, changed }: LocalModelParts): vscode.Disposable {
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
export function buildBackends({ keys: { get: key }, runtime, log }: ModelParts, { outgoing }: Privacy): ReadonlyMap<ProviderKind, Backend> {
  const backends = [createOpenAiBackend({ key, log }), createAnthropicBackend({ key, log }), createOllamaBackend({ key, log }), createLlamaBackend({ runtime }), createVscodeLmBackend()];
  return new Map(backends.map((backend) => [backend.provider, guardBackend(withFittingHistory(backend), outgoing)]));
}
