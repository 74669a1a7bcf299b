// A GGUF cross-encoder that decides between the best few routes of another classifier, where that one is in doubt.
// It reads request and description together, which costs a pass per route: too slow for all of them.
import { headAndTail } from '../../router/conversation';
import { toDistribution } from '../../router/dialects/distribution';
import type { Classifier, ClassifierInput, Clock } from '../../router/ports';
import { OTHER, type Classification, type ScoredRoute } from '../../router/types';
import { isAbort } from '../../shared/abort';
import { messageOf } from '../../shared/errors';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';

export interface RerankerDeps {
  readonly runtime: LlamaRuntime;
  readonly model: ModelSpec;
  readonly first: Classifier;
  /** Routes that are read again; 4 when left out. */
  readonly topK?: number;
  /** Read again only when the best two are closer than this; 0.2 when left out. */
  readonly margin?: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

const QUERY_CHARS = 800;
const DOCUMENT_CHARS = 400;
const LEAST = 1e-4;

export function createReranker(deps: RerankerDeps): Classifier {
  const { first, clock, margin = 0.2, topK = 4 } = deps;
  return {
    id: `${first.id}+rerank`,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => {
      const start = clock.now();
      const found = await first.classify(input, signal);
      const [top, second] = found.distribution;
      if (!top || !second || top.probability - second.probability >= margin) return found;
      try {
        return { ...(await reread(deps, { input, found, topK }, signal)), ms: clock.now() - start };
      } catch (error) {
        if (isAbort(error)) throw error;
        const note = `The second reader failed, so the first one's answer stands: ${messageOf(error)}`;
        return { ...found, ms: clock.now() - start, notes: [...(found.notes ?? []), note] };
      }
    },
    warm: (routes) => {
      first.warm?.(routes);
      deps.runtime.warm(deps.model);
    },
  };
}

interface Doubt {
  readonly input: ClassifierInput;
  readonly found: Classification;
  readonly topK: number;
}

async function reread(
  { runtime, model, first }: RerankerDeps,
  { input, found, topK }: Doubt,
  signal: AbortSignal,
): Promise<Classification> {
  const best = found.distribution.filter(({ route }) => route !== OTHER).slice(0, topK);
  const documents = best.map(({ route }) => {
    const description = input.routes.find(({ name }) => name === route)?.description ?? '';
    return `${route}: ${description.slice(0, DOCUMENT_CHARS)}`;
  });
  const scores = await runtime.rank(model, headAndTail(input.text, QUERY_CHARS), documents, signal);
  return {
    ...found,
    classifier: `${first.id}+rerank`,
    distribution: combine(found.distribution, best, scores),
    notes: [...(found.notes ?? []), `The best ${best.length} routes were read a second time.`],
  };
}

/**
 * Both readers' opinions multiplied. Relevance 0..1 is a logistic of the reader's own scale, so its odds compare the
 * routes, and the best relevance against its complement compares them with `other`.
 */
function combine(
  before: readonly ScoredRoute[],
  best: readonly ScoredRoute[],
  scores: readonly number[],
): ScoredRoute[] {
  const relevance = best.map((_, index) => Math.min(1 - LEAST, Math.max(LEAST, scores[index] ?? LEAST)));
  const odds = relevance.map((value) => value / (1 - value));
  const mass = best.reduce((sum, { probability }) => sum + probability, 0);
  const products = best.map(({ probability }, index) => probability * (odds[index] ?? 0));
  const total = products.reduce((sum, value) => sum + value, 0);
  const relevant = Math.max(...relevance);
  // Routes that were not read again were less probable to begin with, and no more relevant.
  const weights = new Map(before.map(({ route, probability }) => [route, probability * (route === OTHER ? 1 - relevant : relevant)]));
  best.forEach(({ route }, index) => {
    weights.set(route, total > 0 ? (mass * relevant * (products[index] ?? 0)) / total : 0);
  });
  return toDistribution(weights, before.map(({ route }) => route));
}
