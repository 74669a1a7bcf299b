import { describe, expect, it } from 'vitest';
import { createCompletionCache, type CacheEntry } from '../../../src/completion/cache';
import { request } from './support';

const entry = (at: string, text: string, fields: Partial<CacheEntry> = {}): CacheEntry => ({
  id: at,
  decisionId: 'd',
  model: 'm',
  at: request(at),
  insertion: { text, replaces: 0 },
  complete: true,
  ...fields,
});

const found = (entries: readonly CacheEntry[], at: string) => {
  const cache = createCompletionCache();
  for (const one of entries) cache.put(one);
  return cache.find(request(at))?.insertion.text;
};

describe('a suggestion is found again', () => {
  const sum = entry('const sum = |\n', 'a + b;');
  it.each([
    ['at the same place', [sum], 'const sum = |\n', 'a + b;'],
    ['while it is typed over', [sum], 'const sum = a +|\n', ' b;'],
    ['after it was accepted in part', [sum], 'const sum = a + |\n', 'b;'],
    ['after more was typed and deleted again', [sum, entry('const sum = ax|\n', '+ 1')], 'const sum = a|\n', ' + b;'],
    ['when the editor has closed a bracket', [entry('f|\n', '(a, b);')], 'f(|)\n', 'a, b);'],
    ['of two, the newer one', [sum, entry('const sum = |\n', 'c;', { id: 'new' })], 'const sum = |\n', 'c;'],
  ])('%s', (_, entries, at, expected) => {
    expect(found(entries, at)).toBe(expected);
  });

  it.each([
    ['when something else is typed', [sum], 'const sum = x|\n'],
    ['when all of it is typed', [sum], 'const sum = a + b;|\n'],
    ['in front of where it was asked for', [sum], 'const sum |\n'],
    ['when what follows has changed', [sum], 'const sum = |\nlet x;'],
    ['when the text before has changed', [sum], 'const tot = |\n'],
  ])('not %s', (_, entries, at) => {
    expect(found(entries, at)).toBeUndefined();
  });

  it('not in another document', () => {
    const cache = createCompletionCache();
    cache.put(sum);
    expect(cache.find(request('const sum = |\n', { document: 'file:///b.ts' }))).toBeUndefined();
  });

  it('not after it was forgotten', () => {
    const cache = createCompletionCache();
    cache.put(sum);
    cache.forget(sum.id);
    expect(cache.find(request('const sum = |\n'))).toBeUndefined();
  });

  it('among the newest hundred', () => {
    const cache = createCompletionCache();
    cache.put(sum);
    for (let index = 0; index < 99; index += 1) cache.put(entry(`x${String(index)}|`, 'y'));
    expect(cache.find(request('const sum = |\n'))).toBeDefined();
    cache.put(entry('z|', 'y'));
    expect(cache.find(request('const sum = |\n'))).toBeUndefined();
  });
});
