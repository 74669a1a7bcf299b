import { describe, expect, it } from 'vitest';
import { GHOST_RULE, withModel, withoutModel, type ModelSettings } from '../../../src/editor/model-uses';

const nothing: ModelSettings = { models: {}, defaultModels: [], rules: [] };
const file = { title: 'Qwen2.5-Coder 1.5B (Q4_K_M)', path: '/models/qwen.gguf' };
const entry = { provider: 'llama', file: file.path };
const ghost = (...prefer: string[]) => ({ when: { surface: ['inline'] }, prefer, reason: GHOST_RULE });
const mine = { when: { path: ['secret/**'] }, require: 'local' };

describe('a model file that is to be used', () => {
  it('for chat is named and asked first', () => {
    const before = { ...nothing, models: { gpt: { provider: 'openai', model: 'gpt' } }, defaultModels: ['gpt'] };
    expect(withModel(before, file, ['chat'])).toEqual({
      models: { ...before.models, 'Qwen2.5-Coder 1.5B': entry },
      defaultModels: ['Qwen2.5-Coder 1.5B', 'gpt'],
      rules: [],
    });
  });

  it('for ghost text is preferred there, before other rules, and nowhere else', () => {
    expect(withModel({ ...nothing, rules: [mine] }, file, ['ghost_text'])).toEqual({
      models: { 'Qwen2.5-Coder 1.5B': entry },
      defaultModels: [],
      rules: [ghost('Qwen2.5-Coder 1.5B'), mine],
    });
  });

  it('for ghost text comes before the one that was chosen last', () => {
    const before = withModel(nothing, { title: 'Old', path: '/old.gguf' }, ['ghost_text']);
    expect(withModel(before, file, ['ghost_text']).rules).toEqual([ghost('Qwen2.5-Coder 1.5B', 'Old')]);
  });

  it('keeps the name that it has', () => {
    const before = { ...nothing, models: { quick: entry } };
    expect(withModel(before, file, ['chat', 'ghost_text'])).toEqual({ models: before.models, defaultModels: ['quick'], rules: [ghost('quick')] });
  });

  it('gets a free name where its own is taken by another', () => {
    const before = { ...nothing, models: { 'Qwen2.5-Coder 1.5B': { provider: 'llama', file: '/other.gguf' } } };
    expect(Object.keys(withModel(before, file, ['chat']).models)).toEqual(['Qwen2.5-Coder 1.5B', 'Qwen2.5-Coder 1.5B 2']);
  });
});

describe('a model file that is gone', () => {
  it('leaves the settings as they were before it came', () => {
    const before = { models: { gpt: { provider: 'openai', model: 'gpt' } }, defaultModels: ['gpt'], rules: [mine] };
    expect(withoutModel(withModel(before, file, ['chat', 'ghost_text']), file.path)).toEqual(before);
  });

  it('leaves the second choice for ghost text', () => {
    const before = withModel(nothing, { title: 'Old', path: '/old.gguf' }, ['ghost_text']);
    expect(withoutModel(withModel(before, file, ['ghost_text']), file.path)).toEqual(before);
  });

  it('leaves rules that the user wrote', () => {
    const rules = [{ when: {}, prefer: ['quick'] }];
    expect(withoutModel({ models: { quick: entry }, defaultModels: [], rules }, file.path)).toMatchObject({ rules });
  });

  it('is no matter where nothing names it', () => {
    expect(withoutModel(nothing, file.path)).toBeUndefined();
  });
});
