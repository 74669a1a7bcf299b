// What local models are fetched by, loaded when the user wants one or a download was interrupted.
import { readCatalog, type CatalogModel } from '../../adapters/catalog';
import { readGgufFacts } from '../../adapters/download/gguf-header';
import { createModelStore, modelsFolder, type ModelStore } from '../../adapters/download/model-store';
import type { Settings } from '../../settings/settings';
import type { Log } from '../../shared/log';

interface LocalModelDeps {
  /** Where they lie unless the settings name another folder. */
  readonly ownFolder: string;
  readonly setting: () => Settings['localModels'];
  readonly log: Log;
}

interface OpenedLocalModels {
  readonly catalog: readonly CatalogModel[];
  readonly store: ModelStore;
  readonly inspect: typeof readGgufFacts;
}

export function openLocalModels({ ownFolder, setting, log }: LocalModelDeps): OpenedLocalModels {
  const store = createModelStore({
    folder: () => modelsFolder(setting().folder, ownFolder),
    mirror: () => (setting().mirror === '' ? undefined : setting().mirror),
    log,
  });
  return { catalog: readCatalog(), store, inspect: readGgufFacts };
}
