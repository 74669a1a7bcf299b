// What the shipped router model reads: the texts of a request and of a route, prepared as in its training.
// One to one with models/router/train/text.py; models/router/scoring.md, section 1.

const HEAD = 420;
const TAIL = 220;
const CODE = 100;
export const FENCE = /```([^\n`]*)\n?([\s\S]*?)(?:```|$)/gu;

export function squeeze(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

/** Lengths are code points, as everywhere in this file. */
function cut(text: string, head: number, tail: number): string {
  if (text.length <= head + tail) return text;
  const points = Array.from(text);
  if (points.length <= head + tail) return text;
  return `${points.slice(0, head).join('')} ... ${points.slice(-tail).join('')}`;
}

export const firstPoints = (text: string, count: number): string =>
  text.length <= count ? text : Array.from(text.slice(0, count * 2)).slice(0, count).join('');

const lastPoints = (text: string, count: number): string =>
  text.length <= count ? text : Array.from(text.slice(-count * 2)).slice(-count).join('');

export const splitCamel = (text: string): string => text.replace(/([a-z])([A-Z])/gu, '$1 $2');

/** A request: code blocks shortened, head and tail kept, camelCase split, lower case. */
export function prepareRequest(text: string): string {
  const plain = firstPoints(text, 20_000).normalize('NFKC');
  const short = plain.replace(FENCE, (_, info: string, body: string) => ` ${info} code: ${firstPoints(body, CODE)} `);
  return splitCamel(cut(squeeze(short), HEAD, TAIL)).toLowerCase();
}

/** Of the assistant's last message only the end matters: what it offered or asked. */
export function prepareAssistant(text: string): string {
  const plain = lastPoints(text, 4000).normalize('NFKC').replace(FENCE, ' code ');
  return splitCamel(lastPoints(squeeze(plain), 200)).toLowerCase();
}

/** A route's name as words: snake, kebab, slash, dot and camel case split. */
export function humanise(name: string): string {
  const words = name
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .replace(/[_/.:-]+/gu, ' ')
    .replace(/(?<=[A-Za-z])[0-9]+(?![A-Za-z0-9])/gu, '');
  return squeeze(words).toLowerCase();
}

const SAYS_NOTHING = new Set(['route', 'intent', 'option', 'class', 'label', 'category', 'id', 'opt', 'choice', 'candidate']);

/** True when a name tells nothing, such as `R7` or `route_3`. */
export function isOpaque(name: string): boolean {
  const words = (humanise(name).match(/[a-z]{3,}/gu) ?? []).filter((word) => !SAYS_NOTHING.has(word));
  return words.length === 0 || (/[0-9]/u.test(name) && Array.from(name).length <= 4);
}

export function describe(description: string): string {
  return cut(squeeze(description.normalize('NFKC')), 300, 100).toLowerCase();
}

const CATCH_ALL =
  /(?<![a-z0-9])(anything else|everything else|any other|other|general|generic|misc|miscellaneous|fallback|default|none of|catch all)(?![a-z0-9])/u;

/** The texts of one route that are embedded, and what is known of it without a vector. */
export interface RouteTexts {
  readonly name: string;
  readonly opaque: boolean;
  readonly catchAll: boolean;
  readonly description: string;
  readonly nameText: string;
  readonly both: string;
  readonly examples: readonly string[];
  readonly trigrams: ReadonlySet<string>;
}

interface WrittenRoute {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** Routes change with the settings alone; preparing them anew for each request would cost as much as scoring. */
const prepared = new WeakMap<WrittenRoute, RouteTexts>();

export function routeTexts(route: WrittenRoute): RouteTexts {
  const known = prepared.get(route);
  if (known) return known;
  const texts = prepareRoute(route);
  prepared.set(route, texts);
  return texts;
}

function prepareRoute(route: WrittenRoute): RouteTexts {
  const opaque = isOpaque(route.name);
  const named = humanise(route.name);
  const described = describe(route.description);
  const description = described === '' ? named : described;
  const both = opaque ? description : `${named}: ${description}`;
  return {
    name: route.name,
    opaque,
    catchAll: CATCH_ALL.test(both),
    description,
    nameText: opaque ? description : named,
    both,
    examples: route.examples.map(prepareRequest),
    trigrams: opaque ? new Set() : trigramsOf(named),
  };
}

export function trigramsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const word of text.match(/[a-z0-9]+/gu) ?? []) {
    const framed = `^${word}$`;
    for (let index = 0; index + 3 <= framed.length; index += 1) found.add(framed.slice(index, index + 3));
  }
  return found;
}

export function wordsOf(text: string, stopWords: ReadonlySet<string>): Set<string> {
  const words = text.match(/[a-z0-9]+/gu) ?? [];
  return new Set(words.filter((word) => !stopWords.has(word)).map(stem));
}

function stem(word: string): string {
  for (const ending of ['ing', 'ed', 'es', 's']) {
    if (word.endsWith(ending) && word.length - ending.length >= 3) return word.slice(0, -ending.length);
  }
  return word;
}
