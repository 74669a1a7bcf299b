import { describe, expect, it } from 'vitest';
import { addCorrection, withCorrections, type Correction } from '../../../src/learning/corrections';
import type { Route } from '../../../src/router/types';

const routes: Route[] = ['frontend', 'backend'].map((name) => ({
  name,
  description: name,
  examples: name === 'frontend' ? ['center this div', 'the button is too small'] : [],
  models: [],
  origin: 'user',
}));

const examplesOf = (list: readonly Route[], name: string): readonly string[] | undefined =>
  list.find((route) => route.name === name)?.examples;

function all(...said: readonly (readonly [string, string])[]): Correction[] {
  return said.reduce<Correction[]>((known, [route, text], at) => addCorrection(known, { route, text, at }), []);
}

describe('corrections', () => {
  it('become examples of their route, the newest first', () => {
    const taught = withCorrections(routes, all(['backend', 'the form answers 500'], ['backend', 'sign-in times out']));
    expect(examplesOf(taught, 'backend')).toEqual(['sign-in times out', 'the form answers 500']);
    expect(examplesOf(taught, 'frontend')).toEqual(['center this div', 'the button is too small']);
  });

  it('leave routes without one as they are, the same objects', () => {
    const taught = withCorrections(routes, all(['backend', 'the form answers 500']));
    expect(taught[0]).toBe(routes[0]);
    expect(withCorrections(routes, [])).toBe(routes);
  });

  it('take an example away from the route that it was written for', () => {
    const taught = withCorrections(routes, all(['backend', 'the button is too small']));
    expect(examplesOf(taught, 'frontend')).toEqual(['center this div']);
    expect(examplesOf(taught, 'backend')).toEqual(['the button is too small']);
  });

  it('follow the last word about the same request', () => {
    const known = all(['backend', 'hello'], ['frontend', 'hello']);
    expect(known.map(({ route, text }) => [route, text])).toEqual([['frontend', 'hello']]);
  });

  it('are cut to what a classifier reads, and empty ones are not kept', () => {
    expect(addCorrection([], { route: 'backend', text: '  ', at: 0 })).toEqual([]);
    expect(addCorrection([], { route: 'backend', text: 'x'.repeat(9000), at: 0 })[0]?.text).toHaveLength(2000);
  });

  it('of a full route push out its oldest alone', () => {
    const one = addCorrection([], { route: 'frontend', text: 'keep me', at: 0 });
    const many = Array.from({ length: 45 }, (_, at) => ({ route: 'backend', text: `request ${String(at)}`, at }));
    const known = many.reduce<Correction[]>(addCorrection, one);
    expect(known.filter(({ route }) => route === 'backend').map(({ text }) => text)).toEqual(many.slice(5).map(({ text }) => text));
    expect(known[0]?.text).toBe('keep me');
  });
});
