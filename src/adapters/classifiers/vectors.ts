// Unit vectors of texts, kept by the text's hash so that routes are embedded once. Shared by all bi-encoders.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RouterError } from '../../shared/errors';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';

export interface VectorCache {
  /** One vector of length 1 per text, in order (a zero vector for a text without any). Embeds what is missing in one call. */
  vectors(model: ModelSpec, texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
  readonly size: number;
}

/** 2,000 vectors of 512 numbers are 4 MB. */
const DEFAULT_MOST = 2000;

export function createVectorCache(runtime: LlamaRuntime, most = DEFAULT_MOST): VectorCache {
  const kept = new LRUCache<string, Float32Array>({ max: most });
  return {
    vectors: async (model, texts, signal) => {
      const keys = texts.map((text) => keyOf(model, text));
      const found = new Map<string, Float32Array>();
      const missing = new Map<string, string>();
      for (const [index, key] of keys.entries()) {
        const vector = kept.get(key);
        if (vector) found.set(key, vector);
        else missing.set(key, texts[index] ?? '');
      }
      if (missing.size > 0) {
        const fresh = await runtime.embed(model, [...missing.values()], signal);
        for (const [index, key] of [...missing.keys()].entries()) {
          const vector = unit(fresh[index]);
          kept.set(key, vector);
          found.set(key, vector);
        }
      }
      return keys.map((key) => found.get(key) ?? unit(undefined));
    },
    get size() {
      return kept.size;
    },
  };
}

function keyOf({ path, contextTokens }: ModelSpec, text: string): string {
  return createHash('sha256').update(JSON.stringify([path, contextTokens ?? 0, text])).digest('base64');
}

function unit(vector: Float32Array | undefined): Float32Array {
  if (!vector) throw new RouterError('runtime', 'The runtime gave fewer vectors than texts.');
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length)) throw new RouterError('runtime', 'The embedding model gave numbers that are none.');
  return length === 0 ? vector : vector.map((value) => value / length);
}
