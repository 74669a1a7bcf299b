// From what was measured about some routes to a distribution over all of them and `other`.
import { OTHER, type ScoredRoute } from '../types';
import type { Choice } from './dialect';

/** Probability left to routes that a graded answer said nothing about, each. */
const UNSEEN = 1e-4;
/** What an answer without probabilities is taken for. */
export const UNGRADED_CONFIDENCE = 0.8;

/** Every name and `other` once, summing to 1, highest first; equal ones in the user's order. */
export function toDistribution(weights: ReadonlyMap<string, number>, names: readonly string[]): ScoredRoute[] {
  const all = [...new Set([...names, OTHER])].map((route) => ({ route, weight: Math.max(0, weights.get(route) ?? 0) }));
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0) || !Number.isFinite(total)) return toDistribution(new Map([[OTHER, 1]]), names);
  return all
    .map(({ route, weight }) => ({ route, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability);
}

/** From the natural-log probability of each choice; choices that mean the same route add up. */
export function fromChoices(
  choices: readonly Choice[],
  logProbabilities: readonly number[],
  names: readonly string[],
): ScoredRoute[] {
  const weights = new Map<string, number>();
  choices.forEach(({ route }, index) => {
    const probability = Math.exp(logProbabilities[index] ?? Number.NEGATIVE_INFINITY);
    weights.set(route, (weights.get(route) ?? 0) + probability);
  });
  return toDistribution(weights, names);
}

/** A graded answer that lists only some routes; the others get next to nothing. */
export function fromSome(weights: ReadonlyMap<string, number>, names: readonly string[]): ScoredRoute[] {
  return toDistribution(new Map([...names, OTHER].map((name) => [name, weights.get(name) ?? UNSEEN])), names);
}

/** One route was named, and nothing is known of how sure the model was. */
export function fromOne(route: string, names: readonly string[]): ScoredRoute[] {
  const others = [...new Set([...names, OTHER])].filter((name) => name !== route);
  const each = others.length === 0 ? 0 : (1 - UNGRADED_CONFIDENCE) / others.length;
  return toDistribution(new Map([[route, UNGRADED_CONFIDENCE], ...others.map((name): [string, number] => [name, each])]), names);
}
