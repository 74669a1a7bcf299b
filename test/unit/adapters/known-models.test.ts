import { describe, expect, it } from 'vitest';
import { familyOf, knownFacts, readKnownModels } from '../../../src/adapters/known-models';

const OPENAI = 'https://api.openai.com/v1';

describe('the catalogue of known models', () => {
  const all = readKnownModels();

  it('names a source and a day for every model, and no model twice', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ model }) => model.toLowerCase().replace(/\./gu, '-'))).size).toBe(all.length);
    expect(all.filter(({ source, asOf }) => source === '' || asOf === '')).toEqual([]);
  });

  it('has prices only with the seller they are asked by, and no cached token dearer than a fresh one', () => {
    expect(all.filter(({ price, seller }) => (price === undefined) !== (seller === undefined))).toEqual([]);
    expect(all.filter(({ price }) => price?.cachedInput !== undefined && price.cachedInput > price.input)).toEqual([]);
  });

  it('refuses an unknown field, so that a typing error does not pass for a fact', () => {
    expect(() => readKnownModels({ known: [{ model: 'm', contextTokes: 1, source: 'https://example.com', asOf: '2026-01-01' }] })).toThrow();
  });
});

describe('a model is known by', () => {
  it.each([
    ['its name', 'gpt-4o'],
    ['a name with a date', 'gpt-4o-2024-08-06'],
    ['a name with its vendor', 'openai/gpt-4o'],
    ['a name that says free', 'openai/gpt-4o:free'],
  ])('%s', (_how, model) => {
    expect(knownFacts({ model, endpoint: 'https://gateway.example/v1' })).toMatchObject({ contextTokens: 128_000, capabilities: ['tools', 'vision'] });
  });

  it.each(['qwen3-coder:30b', 'Qwen/Qwen3-Coder-30B-A3B-Instruct', '/models/Qwen3-Coder-30B-A3B-Instruct-Q4_K_M.gguf'])('any of the names of an open one: %s', (model) => {
    expect(knownFacts({ model, endpoint: 'http://127.0.0.1:8080/v1' })).toMatchObject({ contextTokens: 262_144, fimFamily: 'qwen-coder', family: 'qwen' });
  });

  it.each([['claude-sonnet-4.5'], ['claude-sonnet-4-5'], ['claude-sonnet-4-5-20250929'], ['anthropic/claude-sonnet-4.5']])('dots or dashes in its version: %s', (model) => {
    expect(knownFacts({ model, endpoint: '' }).contextTokens).toBe(200_000);
  });

  it.each(['gpt-4o-of-another-kind', 'gpt-99', 'my-model'])('nothing else: %s', (model) => {
    expect(knownFacts({ model, endpoint: OPENAI })).not.toHaveProperty('contextTokens');
  });
});

describe('its price', () => {
  it('is known where the publisher sells it, and nowhere else', () => {
    expect(knownFacts({ model: 'gpt-4o', endpoint: OPENAI }).price).toEqual({ input: 2.5, output: 10, cachedInput: 1.25 });
    expect(knownFacts({ model: 'gpt-4o', endpoint: 'https://api.openai.com.evil.example/v1' })).not.toHaveProperty('price');
    expect(knownFacts({ model: 'gpt-4o', endpoint: 'https://openrouter.ai/api/v1' })).not.toHaveProperty('price');
  });
});

describe('its family', () => {
  it.each([
    ['claude-opus-5-5', 'claude'],
    ['anthropic/claude-sonnet-4.5', 'claude'],
    ['gpt-6-sol', 'gpt'],
    ['o4-mini', 'gpt'],
    ['openai/o3', 'gpt'],
    ['gpt-oss:20b', 'gpt-oss'],
    ['gemini-3.5-flash', 'gemini'],
    ['gemma-4-31b-it', 'gemma'],
    ['codestral-latest', 'mistral'],
    ['deepseek-r1-distill-qwen-7b', 'deepseek'],
    ['qwq-32b', 'qwen'],
    ['codellama:7b', 'llama'],
    ['phi-4', 'phi'],
    ['dolphin-3', undefined],
  ])('of %s is %s', (model, family) => {
    expect(familyOf(model)).toBe(family);
  });
});
