// A GGUF file of the user's as classifier. What the file is decides how it reads: a model that writes text is asked
// in its dialect, one that embeds compares vectors, one that ranks looks again at the first classifier's best.
import type { Classifier, Clock } from '../../router/ports';
import { detectDialect, dialectOf } from '../../router/dialects/pick';
import type { ClassifierSettings } from '../../settings/settings';
import { readGgufFacts, type GgufFacts } from '../download/gguf-header';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';
import { createBiEncoder } from './bi-encoder';
import { createReranker } from './cross-encoder';
import { createDecoderClassifier } from './decoder';
import { createVectorCache } from './vectors';

export interface GgufFileDeps {
  readonly runtime: LlamaRuntime;
  readonly path: string;
  readonly dialect: ClassifierSettings['dialect'];
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Comes before a re-ranker. */
  readonly first: Classifier;
}

/** llama.cpp's pooling type of re-rankers. */
const RANK_POOLING = 4;
const DECODER_CONTEXT_TOKENS = 4096;
const ENCODER_CONTEXT_TOKENS = 512;
const RERANKED = 4;

/** The file is looked at when the first request needs it; a bad file fails there, and the ladder goes on. */
export function createGgufClassifier(deps: GgufFileDeps): Classifier {
  let opening: Promise<Classifier> | undefined;
  const open = (): Promise<Classifier> => {
    opening ??= readGgufFacts(deps.path).then((facts) => build(deps, facts));
    opening.catch(() => (opening = undefined));
    return opening;
  };
  return {
    id: `gguf ${fileName(deps.path)}`,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => (await open()).classify(input, signal),
    warm: (routes) => {
      // A file that cannot be opened says so at the first request.
      open().then(
        (classifier) => classifier.warm?.(routes),
        () => undefined,
      );
    },
  };
}

function build(deps: GgufFileDeps, facts: GgufFacts): Classifier {
  const { runtime, path, deadlineMs, clock } = deps;
  const model = (use: ModelSpec['use'], contextTokens: number): ModelSpec => ({
    path,
    use,
    contextTokens: Math.min(contextTokens, facts.contextTokens ?? contextTokens),
  });
  const id = `gguf ${fileName(path)}`;
  if (facts.poolingType === RANK_POOLING) {
    return createReranker({ runtime, model: model('ranking', ENCODER_CONTEXT_TOKENS), first: deps.first, topK: RERANKED, deadlineMs, clock });
  }
  if (facts.poolingType !== undefined) {
    const vectors = createVectorCache(runtime);
    return createBiEncoder({ runtime, model: model('embedding', ENCODER_CONTEXT_TOKENS), vectors, deadlineMs, clock, id });
  }
  const names = [path, facts.name ?? ''];
  const dialect = dialectOf(deps.dialect === 'auto' ? detectDialect(names) : deps.dialect);
  return createDecoderClassifier({ runtime, model: model('generation', DECODER_CONTEXT_TOKENS), dialect, deadlineMs, clock, id });
}

const fileName = (path: string): string => path.split(/[\\/]/u).at(-1) ?? path;
