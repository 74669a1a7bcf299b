// What asks model servers, loaded with the first look for models: discovery, the backends, lists of models, pulling.
import { createAnthropicBackend } from '../../adapters/anthropic';
import { buildCandidates, pathOf, type Sources } from '../../adapters/candidates';
import { otherWork, readCatalog } from '../../adapters/catalog';
import { discoverModels } from '../../adapters/discovery';
import { modelsFolder } from '../../adapters/download/model-store';
import type { HttpBackendDeps } from '../../adapters/http-deps';
import type { LazyProvider } from '../../adapters/lazy-backend';
import { createLlamaBackend } from '../../adapters/llama-chat';
import { createLlamaModels } from '../../adapters/llama-models';
import type { LlamaRuntime } from '../../adapters/llama/runtime';
import { createOllamaBackend } from '../../adapters/ollama';
import { createOpenAiBackend } from '../../adapters/openai';
import type { Backend } from '../../router/ports';
import type { Candidate } from '../../router/types';
import type { Settings } from '../../settings/settings';
import type { Log } from '../../shared/log';

export { listModels } from '../../adapters/list-models';
export { pullOllamaModel } from '../../adapters/ollama-pull';

interface FinderDeps {
  readonly key: HttpBackendDeps['key'];
  readonly runtime: Pick<LlamaRuntime, 'state'>;
  /** Where downloaded models lie unless the settings name another folder. */
  readonly ownFolder: string;
  /** Nothing may leave this machine, so no other one is asked. */
  readonly onlyHere: (rules: Settings['rules']) => boolean;
  readonly log: Log;
}

export interface Finder {
  find(settings: Settings, signal: AbortSignal): Promise<readonly Candidate[]>;
  list(sources: Sources): readonly Candidate[];
}

export function createFinder({ key, runtime, ownFolder, onlyHere, log }: FinderDeps): Finder {
  const files = createLlamaModels();
  return {
    find: async ({ models, discovery, classifier, localModels, rules }, signal) => {
      const { enabled, endpoints } = discovery;
      const found = await Promise.all([
        discoverModels({ key, endpoints, onlyHere: onlyHere(rules), log, ...(enabled ? {} : { usual: [] }) }, signal),
        files({
          folder: modelsFolder(localModels.folder, ownFolder),
          named: Object.values(models).flatMap((model) => (model.provider === 'llama' ? [pathOf(model)] : [])),
          others: [...otherWork(readCatalog()), classifier.file],
          setAside: runtime.state().quarantined,
          log,
        }),
      ]);
      return found.flat();
    },
    list: buildCandidates,
  };
}

interface BackendDeps extends Pick<HttpBackendDeps, 'key' | 'log'> {
  readonly runtime: LlamaRuntime;
}

export const createBackend = {
  openai: createOpenAiBackend,
  anthropic: createAnthropicBackend,
  ollama: createOllamaBackend,
  llama: createLlamaBackend,
} satisfies Record<LazyProvider, (deps: BackendDeps) => Backend>;
