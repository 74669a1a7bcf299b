// A request in the very words of an example belongs to that example's route: what the user wrote counts above what
// was learned. Examples that are only alike are weighed by the model.
import type { ScoredRoute } from '../types';
import type { RouteTexts } from './texts';

const SURE = 0.97;

const bare = (text: string): string => text.replace(/[\s.?!,;:]+$/u, '');

/** `request` and the examples as the model reads them. Unchanged when no route, or more than one, has that example. */
export function followExamples(distribution: readonly ScoredRoute[], routes: readonly RouteTexts[], request: string): readonly ScoredRoute[] {
  const said = bare(request);
  const named = routes.filter(({ examples }) => examples.some((example) => bare(example) === said));
  const [only] = named;
  if (!only || named.length > 1 || said === '') return distribution;
  const before = distribution.find(({ route }) => route === only.name)?.probability ?? 0;
  const probability = Math.max(SURE, before);
  const others = distribution.filter(({ route }) => route !== only.name);
  const share = before < 1 ? (1 - probability) / (1 - before) : 0;
  return [{ route: only.name, probability }, ...others.map((one) => ({ ...one, probability: one.probability * share }))];
}
