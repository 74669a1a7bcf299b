// A graded distribution from a server's log-probabilities: at each token of the route's name, the alternatives say
// what else the answer might have been. The same walk as the local trie, with the few branches a server lists.
import { jsonText } from './json';
import type { Choice } from './dialect';
import { OTHER } from '../types';

export interface TokenReading {
  readonly token: string;
  readonly logprob: number;
  /** The most probable tokens at this place, the chosen one usually among them. */
  readonly alternatives: readonly { readonly token: string; readonly logprob: number }[];
}

/** Everything up to the value of the `route` key, whatever stands around it. */
const VALUE = /["'“`]?\broute["'”`]?\s*:\s*/u;

interface Target {
  readonly route: string;
  /** The value as it would be written, without white space: `"a"`, `["a"` or `[]`. */
  readonly written: string;
}

/** What an answer's value may look like, from the choices of the dialect. */
export function targetsOf(names: readonly string[], list: boolean): Target[] {
  const all: Choice[] = [...new Set([...names, OTHER])].map((route) => ({ route, text: jsonText(route) }));
  const written = all.map(({ route, text }) => ({ route, written: squeezed(list ? `[${text}` : text) }));
  return list ? [...written, { route: OTHER, written: '[]' }] : written;
}

/** Probability by route; undefined when the answer holds no value or nothing was learnt about it. */
export function readAlternatives(tokens: readonly TokenReading[], targets: readonly Target[]): Map<string, number> | undefined {
  const weights = new Map<string, number>();
  let before = '';
  let alive = 1;
  for (const { token, logprob, alternatives } of tokens) {
    const value = valueIn(before + token);
    if (value !== undefined && value !== '') {
      for (const other of alternatives) {
        if (other.token !== token) share(weights, fitting(valueIn(before + other.token), targets), alive * Math.exp(other.logprob));
      }
      alive *= Math.exp(logprob);
      const left = fitting(value, targets);
      if (left.length <= 1) {
        share(weights, left, alive);
        break;
      }
    }
    before += token;
  }
  return weights.size === 0 ? undefined : weights;
}

function valueIn(text: string): string | undefined {
  const match = VALUE.exec(text);
  return match ? squeezed(text.slice(match.index + match[0].length)) : undefined;
}

/** White space and the kind of quote do not matter. */
function squeezed(text: string): string {
  return text.replace(/\s+/gu, '').replaceAll("'", '"');
}

function fitting(value: string | undefined, targets: readonly Target[]): Target[] {
  if (value === undefined || value === '') return [];
  return targets.filter(({ written }) => written.startsWith(value) || value.startsWith(written));
}

/** An alternative that fits several routes counts for them in equal parts. */
function share(weights: Map<string, number>, targets: readonly Target[], probability: number): void {
  for (const { route } of targets) weights.set(route, (weights.get(route) ?? 0) + probability / targets.length);
}
