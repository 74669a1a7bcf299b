// What the user said about a wrong route: "this belongs there". A correction is an example of its route from the next
// request on, without training. Decides which corrections are kept and how they join the routes.
import type { Route } from '../router/types';

export interface Correction {
  readonly route: string;
  /** The user's words of that request, shortened to `MOST_TEXT` characters. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A classifier reads no more of a request than this. */
const MOST_TEXT = 2000;
const MOST_OF_A_ROUTE = 40;
const MOST = 400;

/** The same words belong to the route named last; the oldest corrections of a full route, or of all, are dropped. */
export function addCorrection(known: readonly Correction[], added: Correction): Correction[] {
  const text = added.text.trim().slice(0, MOST_TEXT);
  if (text === '') return [...known];
  const others = known.filter((one) => one.text !== text);
  const ofRoute = others.filter(({ route }) => route === added.route);
  const tooOld = new Set(ofRoute.slice(0, Math.max(0, ofRoute.length + 1 - MOST_OF_A_ROUTE)));
  return [...others.filter((one) => !tooOld.has(one)), { ...added, text }].slice(-MOST);
}

/** The routes with their corrections as further examples, newest first, after those the user wrote. */
export function withCorrections(routes: readonly Route[], corrections: readonly Correction[]): readonly Route[] {
  if (corrections.length === 0) return routes;
  return routes.map((route) => {
    const learned = corrections.filter((one) => one.route === route.name).map(({ text }) => text);
    const elsewhere = new Set(corrections.filter((one) => one.route !== route.name).map(({ text }) => text));
    const examples = [...new Set([...route.examples.filter((text) => !elsewhere.has(text)), ...learned.reverse()])];
    return learned.length === 0 && examples.length === route.examples.length ? route : { ...route, examples };
  });
}
