// The chat template of a model as node-llama-cpp reads it, found once per model.
import type { ChatWrapper, LlamaModel } from 'node-llama-cpp';
import type { Library } from './host-load';

/** Resolving takes hundreds of milliseconds: the library tries the file's template against all it knows. */
const wrappers = new WeakMap<LlamaModel, ChatWrapper>();

export function wrapperOf(library: Library, model: LlamaModel): ChatWrapper {
  const known = wrappers.get(model);
  if (known) return known;
  const wrapper = library.resolveChatWrapper(model);
  wrappers.set(model, wrapper);
  return wrapper;
}
