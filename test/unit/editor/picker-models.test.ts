import { describe, expect, it } from 'vitest';
import { choiceOf, pickerModels } from '../../../src/editor/picker-models';
import type { Candidate } from '../../../src/router/types';

const model = (id: string, fields: Partial<Candidate> = {}): Candidate => ({
  id,
  provider: 'openai',
  model: id,
  locality: 'hosted',
  endpoint: 'https://models.example.com/v1',
  capabilities: ['tools'],
  capabilitiesKnown: true,
  origin: 'settings',
  ...fields,
});

const laptop = model('laptop', { provider: 'ollama', model: 'qwen2.5-coder:7b', locality: 'local', endpoint: 'http://127.0.0.1:11434', contextTokens: 32_768 });
const team = model('team', { model: 'anthropic/claude-sonnet-4.5', contextTokens: 200_000, maxOutputTokens: 64_000, capabilities: ['tools', 'vision'], price: { input: 3, output: 15, cachedInput: 0.3 }, released: '2025-09-29' });
const blind = model('blind', { capabilities: [] });
const unknown = model('unknown', { capabilities: [], capabilitiesKnown: false });
const gone = model('gone', { unavailable: 'not there' });
const copilot = model('copilot/gpt', { provider: 'vscode', endpoint: 'copilot' });

const offered = (...candidates: Candidate[]) => Object.fromEntries(pickerModels(candidates).map((one) => [one.id, one]));

describe('what is offered', () => {
  it('has plain Auto as its first by name, whatever models are called: VS Code takes that for a new user', () => {
    const names = pickerModels([model('alpha'), model('.5b'), model('(old)'), model('_x')]).map(({ name }) => name);
    expect(names.sort((a, b) => a.localeCompare(b))[0]?.trim()).toBe('Fairlead Auto');
  });

  it('is four ways to choose and each usable model by its name', () => {
    expect(pickerModels([laptop, team, gone, copilot]).map(({ id, name }) => [id, name])).toEqual([
      ['auto', ' Fairlead Auto'],
      ['auto-economy', 'Auto (economy)'],
      ['auto-quality', 'Auto (quality)'],
      ['auto-local', 'Auto (local only)'],
      ['model/laptop', 'laptop'],
      ['model/team', 'team'],
    ]);
  });

  it.each([
    ['model/laptop', 'local · 33k'],
    ['model/team', 'hosted · 200k · $3 in, $15 out'],
    ['model/blind', 'hosted'],
    ['auto', '3 models'],
    ['auto-local', '1 model'],
  ])('%s says %s', (id, detail) => {
    expect(offered(laptop, team, blind)[id]?.detail).toBe(detail);
  });

  it.each([
    ['model/team', { toolCalling: true, imageInput: true }],
    ['model/laptop', { toolCalling: true, imageInput: false }],
    ['model/blind', { toolCalling: false, imageInput: false }],
    ['model/unknown', { toolCalling: true, imageInput: true }],
    ['auto-local', { toolCalling: true, imageInput: false }],
  ])('%s can do what it says', (id, capabilities) => {
    expect(offered(laptop, team, blind, unknown)[id]?.capabilities).toEqual(capabilities);
  });

  it('leaves room for the answer in the window', () => {
    const all = offered(laptop, team);
    expect(all['model/team']).toMatchObject({ maxInputTokens: 150_000, maxOutputTokens: 50_000 });
    expect(all['model/laptop']).toMatchObject({ maxInputTokens: 24_576, maxOutputTokens: 8192 });
    expect(all['auto']).toMatchObject({ maxInputTokens: 150_000 });
    expect(all['auto-local']).toMatchObject({ maxInputTokens: 24_576 });
  });

  it('tells host, window, price and age in the tooltip', () => {
    expect(offered(team)['model/team']?.tooltip).toBe(
      'team (anthropic/claude-sonnet-4.5) is served by models.example.com. Window: 200,000 tokens. Per million tokens: $3 in ($0.3 from the cache), $15 out. Released 2025-09-29. Your rules hold for it; no other model answers in its place.',
    );
  });

  it('names the family so that agents know it', () => {
    expect(offered(team)['model/team']?.family).toBe('claude-sonnet-4.5');
  });

  it('says what to do when there is no model, or none on this machine', () => {
    expect(offered()['auto']).toMatchObject({ detail: 'no model yet', maxInputTokens: 112_000 });
    expect(offered(team)['auto-local']).toMatchObject({ detail: 'no local model yet' });
    expect(offered(team)['auto-local']?.tooltip).toContain('Find Models on This Machine');
  });

  it('counts a model with a hosted second endpoint as not local', () => {
    const spread = { ...laptop, endpoints: [{ endpoint: laptop.endpoint, locality: 'local', weight: 1 }, { endpoint: 'https://x', locality: 'hosted', weight: 1 }] } as const;
    expect(offered(spread)['auto-local']?.detail).toBe('no local model yet');
  });
});

describe('what a pick asks of the router', () => {
  it.each([
    ['auto', {}],
    ['auto-economy', { mode: 'economy' }],
    ['auto-quality', { mode: 'quality' }],
    ['auto-local', { mode: 'local' }],
    ['model/team', { pinned: 'team' }],
    ['model/auto', { pinned: 'auto' }],
    ['model/ollama/qwen:7b', { pinned: 'ollama/qwen:7b' }],
  ])('%s', (id, choice) => {
    expect(choiceOf(id)).toEqual(choice);
  });
});
