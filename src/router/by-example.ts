// A request in the very words of one route's example, the user's corrections among them, belongs to that route: what
// the user wrote is law, and nothing has to be guessed.
import type { ClassifierInput } from './ports';
import type { Classification } from './types';

/** Shorter ones ("go on", "yes please") mean something else in every conversation. */
const LEAST_WORDS = 3;

/** Undefined where no example is the same but for case, punctuation and spaces, or where two routes have it. */
export function byExample({ text, routes }: Pick<ClassifierInput, 'text' | 'routes'>): Classification | undefined {
  const said = bare(text);
  if (said.split(' ').length < LEAST_WORDS) return undefined;
  const [route, ...more] = routes.filter(({ examples }) => examples.some((example) => bare(example) === said));
  if (!route || more.length > 0) return undefined;
  return { classifier: 'example', distribution: [{ route: route.name, probability: 1 }], ms: 0 };
}

function bare(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');
}
