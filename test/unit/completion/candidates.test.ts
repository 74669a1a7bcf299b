import { describe, expect, it } from 'vitest';
import { forInline } from '../../../src/completion/candidates';
import type { Rule } from '../../../src/settings/settings';
import { candidate } from '../../support/adapters';

const here = candidate({ id: 'here', endpoint: 'http://127.0.0.1', model: 'm' });
const there = candidate({ id: 'there', locality: 'hosted', endpoint: 'https://a.example', model: 'm' });
const prefers = (origin: 'user' | 'workspace'): Rule => ({ when: {}, prefer: ['there'], origin, label: 'rule' });
const usable = (models: readonly string[], rules: readonly Rule[] = []) =>
  forInline([here, there], models, rules).filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id);

describe('ghost text is written', () => {
  it.each([
    ['by models on this machine alone when nothing is set', [], [], ['here']],
    ['by a model elsewhere that the user chose', ['there'], [], ['here', 'there']],
    ['by a model elsewhere that a rule of the user’s prefers', [], [prefers('user')], ['here', 'there']],
    ['not by one that a repository prefers', [], [prefers('workspace')], ['here']],
  ] as const)('%s', (_, models, rules, expected) => {
    expect(usable(models, rules)).toEqual(expected);
  });

  it('and what else makes a model unavailable stays said', () => {
    expect(forInline([{ ...there, unavailable: 'no key' }], [], [])[0]?.unavailable).toBe('no key');
  });
});
