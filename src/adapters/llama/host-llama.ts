// The models that classify, inside the child: one context each, opened when it is first needed.
import type { LlamaContext, LlamaContextSequence, LlamaEmbeddingContext, LlamaModel, LlamaRankingContext } from 'node-llama-cpp';
import { nativeStep, tooLarge, weightOf, type Loader, type LoadedFile } from './host-load';
import type { HostOptions } from './protocol';
import type { ModelSpec } from './runtime';

export interface Loaded extends LoadedFile {
  readonly spec: ModelSpec;
  readonly embedding?: LlamaEmbeddingContext;
  readonly ranking?: LlamaRankingContext;
  readonly context?: LlamaContext;
  readonly sequence?: LlamaContextSequence;
}

const DEFAULT_CONTEXT_TOKENS = 4096;
const EMBEDDING_BATCH_TOKENS = 512;
/** BERT's ranking input needs the last separator that the template of most files leaves out. */
const BERT_RANK_TEMPLATE = '{{query}}[SEP]{{document}}[SEP]';

export interface ModelShelf {
  get(spec: ModelSpec): Promise<Loaded>;
}

export function createModelShelf(options: HostOptions, loader: Loader): ModelShelf {
  const shelf = new Map<string, Promise<Loaded>>();
  const room = (fileBytes: number): void => {
    if (weightOf(fileBytes) > options.memoryBytes) throw tooLarge(weightOf(fileBytes), options.memoryBytes);
  };
  return {
    get: (spec) => {
      const key = `${spec.use}\n${spec.contextTokens ?? ''}\n${spec.path}`;
      const known = shelf.get(key);
      if (known) return known;
      const loading = loader.load(spec.path, room, async (file) => ({
        ...file,
        spec,
        ...(await nativeStep(() => openContexts(file.model, spec, options))),
      }));
      shelf.set(key, loading);
      loading.catch(() => shelf.delete(key));
      return loading;
    },
  };
}

async function openContexts(
  model: LlamaModel,
  spec: ModelSpec,
  { threads }: HostOptions,
): Promise<Pick<Loaded, 'embedding' | 'ranking' | 'context' | 'sequence'>> {
  const contextSize = Math.min(spec.contextTokens ?? DEFAULT_CONTEXT_TOKENS, model.trainContextSize);
  if (spec.use === 'embedding') {
    const batchSize = Math.max(contextSize, EMBEDDING_BATCH_TOKENS);
    return { embedding: await model.createEmbeddingContext({ contextSize, batchSize, threads }) };
  }
  if (spec.use === 'ranking') {
    const architecture: string = model.fileInfo.metadata.general.architecture;
    const template = architecture === 'bert' ? { template: BERT_RANK_TEMPLATE as `${string}{{query}}${string}{{document}}${string}` } : {};
    return { ranking: await model.createRankingContext({ contextSize, threads, ...template }) };
  }
  const context = await model.createContext({ contextSize, sequences: 1, threads });
  return { context, sequence: context.getSequence() };
}
