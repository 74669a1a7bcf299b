import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidates, type OfferedModel } from '../../../src/adapters/candidates';
import type { Candidate } from '../../../src/router/types';
import type { ModelSetting } from '../../../src/settings/entries';

const OLLAMA = 'http://127.0.0.1:11434';

function found(fields: Partial<Candidate>): Candidate {
  return {
    id: 'ollama/qwen2.5-coder:7b',
    provider: 'ollama',
    model: 'qwen2.5-coder:7b',
    endpoint: OLLAMA,
    locality: 'local',
    contextTokens: 32_768,
    capabilities: ['tools', 'fim'],
    capabilitiesKnown: true,
    origin: 'discovered',
    ...fields,
  };
}

const gpt4o: OfferedModel = { vendor: 'copilot', family: 'gpt-4o', id: 'gpt-4o-2026', maxInputTokens: 64_000 };

function build(models: Record<string, ModelSetting>, discovered: readonly Candidate[] = [], vscode: readonly OfferedModel[] = []) {
  return buildCandidates({ models, discovered, vscode });
}

describe('models of the settings', () => {
  it('stand alone when nothing is known of them; a guess excludes nothing', () => {
    expect(build({ team: { provider: 'openai', model: 'big' } })).toEqual([
      { id: 'team', provider: 'openai', model: 'big', endpoint: 'https://api.openai.com/v1', locality: 'hosted', capabilities: [], capabilitiesKnown: false, origin: 'settings' },
    ]);
  });

  it('carry what the user says', () => {
    const price = { input: 1.25, output: 10, cachedInput: 0.1 };
    expect(build({ team: { provider: 'openai', model: 'big', price, contextWindow: 128_000, maxOutputTokens: 4096, capabilities: ['vision'] } })[0]).toMatchObject({
      price,
      contextTokens: 128_000,
      maxOutputTokens: 4096,
      capabilities: ['vision'],
      capabilitiesKnown: true,
    });
  });

  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1', 'local'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/v1', 'local'],
    ['http://10.0.0.5:8000/v1/', 'http://10.0.0.5:8000/v1', 'hosted'],
    ['https://models.example/openai/v3', 'https://models.example/openai/v3', 'hosted'],
    ['http://localhost.evil.com/v1', 'http://localhost.evil.com/v1', 'hosted'],
  ])('the address %s is %s, %s', (baseUrl, endpoint, locality) => {
    expect(build({ m: { provider: 'openai', model: 'm', baseUrl } })[0]).toMatchObject({ endpoint, locality });
  });

  it('learn from the server what the user leaves out, and are not listed twice', () => {
    const all = build({ mine: { provider: 'ollama', model: 'qwen2.5-coder:7b', baseUrl: 'http://localhost:11434/' } }, [found({ parametersB: 7.6 })]);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ id: 'mine', parametersB: 7.6, contextTokens: 32_768, capabilities: ['tools', 'fim'], capabilitiesKnown: true, origin: 'settings' });
  });

  it('count above what the server says', () => {
    const [mine] = build({ mine: { provider: 'ollama', model: 'qwen2.5-coder:7b', contextWindow: 8192, capabilities: [] } }, [found({})]);
    expect(mine).toMatchObject({ contextTokens: 8192, capabilities: [], capabilitiesKnown: true });
  });

  it('are the same with and without :latest', () => {
    expect(build({ mine: { provider: 'ollama', model: 'llama3' } }, [found({ id: 'ollama/llama3:latest', model: 'llama3:latest' })])).toHaveLength(1);
  });

  it('that Ollama does not have are named as that, when Ollama answered', () => {
    const setting: ModelSetting = { provider: 'ollama', model: 'codestral' };
    expect(build({ mine: setting }, [found({})])[0]?.unavailable).toContain('ollama pull codestral');
    expect(build({ mine: setting })[0]).not.toHaveProperty('unavailable');
  });

  it('are hosted when Ollama hands them on to its cloud, whatever the address', () => {
    expect(build({ a: { provider: 'ollama', model: 'gpt-oss:120b-cloud' } })[0]?.locality).toBe('hosted');
    const renamed = found({ model: 'mine:latest', locality: 'hosted' });
    expect(build({ a: { provider: 'ollama', model: 'mine' } }, [renamed])[0]?.locality).toBe('hosted');
    const byOpenAi: ModelSetting = { provider: 'openai', baseUrl: 'http://localhost:11434/v1', model: 'mine' };
    expect(build({ a: byOpenAi })[0]?.locality).toBe('local');
    expect(build({ a: byOpenAi }, [renamed])[0]?.locality).toBe('hosted');
    expect(build({ a: { ...byOpenAi, model: 'gpt-oss:120b-cloud' } })[0]?.locality).toBe('hosted');
  });
});

describe('what the catalogue knows', () => {
  it('stands in where neither user nor server says anything', () => {
    expect(build({ claude: { provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' } })).toEqual([
      {
        id: 'claude',
        provider: 'anthropic',
        model: 'claude-sonnet-4-5-20250929',
        endpoint: 'https://api.anthropic.com',
        locality: 'hosted',
        contextTokens: 200_000,
        maxOutputTokens: 64_000,
        capabilities: ['tools', 'vision', 'thinking'],
        capabilitiesKnown: true,
        price: { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
        family: 'claude',
        released: '2025-09-29',
        origin: 'settings',
      },
    ]);
  });

  it('yields to the user’s word, item by item', () => {
    const price = { input: 1, output: 2 };
    expect(build({ claude: { provider: 'anthropic', model: 'claude-sonnet-4-5', contextWindow: 1000, capabilities: ['tools'], price } })[0]).toMatchObject({
      contextTokens: 1000,
      maxOutputTokens: 64_000,
      capabilities: ['tools'],
      price,
    });
  });

  it('yields to what the server reports', () => {
    const reported = found({ provider: 'openai', endpoint: 'http://127.0.0.1:8000/v1', model: 'gpt-oss-20b', contextTokens: 8192, capabilities: ['tools'], price: { input: 9, output: 9 } });
    const setting: ModelSetting = { provider: 'openai', baseUrl: 'http://127.0.0.1:8000', model: 'gpt-oss-20b' };
    expect(build({ mine: setting }, [reported])[0]).toMatchObject({ contextTokens: 8192, capabilities: ['tools'], price: { input: 9, output: 9 }, family: 'gpt-oss' });
  });

  it('adds to what a server only guesses', () => {
    const guessed = found({ provider: 'openai', model: 'qwen3-coder:30b', capabilities: ['fim'], capabilitiesKnown: false });
    expect(build({}, [guessed])[0]).toMatchObject({ capabilities: ['tools', 'fim'], capabilitiesKnown: true, fimFamily: 'qwen-coder', contextTokens: 32_768 });
  });
});

describe('how a server is to be asked', () => {
  it.each([
    [{ provider: 'anthropic', model: 'm', baseUrl: 'http://127.0.0.1:4000/v1/' }, { endpoint: 'http://127.0.0.1:4000', locality: 'local' }],
    [{ provider: 'openai', model: 'gpt-5' }, { api: 'prefer-responses' }],
    [{ provider: 'openai', model: 'gpt-5', api: 'auto' }, { api: 'prefer-responses' }],
    [{ provider: 'openai', model: 'gpt-5', api: 'chat' }, { api: 'chat' }],
    [{ provider: 'openai', model: 'm', api: 'responses' }, { api: 'responses' }],
    [{ provider: 'openai', model: 'm', apiVersion: '2025-04-01-preview', baseUrl: 'https://me.openai.azure.com/openai/deployments/d' }, { apiVersion: '2025-04-01-preview', endpoint: 'https://me.openai.azure.com/openai/deployments/d' }],
    [{ provider: 'ollama', model: 'm', keepAlive: '30m' }, { keepAlive: '30m' }],
    [{ provider: 'llama', file: '/models/Qwen2.5-Coder-7B-Q4_K_M.gguf' }, { provider: 'llama', model: '/models/Qwen2.5-Coder-7B-Q4_K_M.gguf', endpoint: 'this machine', locality: 'local', fimFamily: 'qwen-coder', capabilities: ['fim'], capabilitiesKnown: false }],
  ] as [ModelSetting, Partial<Candidate>][])('%j', (setting, expected) => {
    expect(build({ mine: setting })[0]).toMatchObject(expected);
  });

  it('by Responses only at OpenAI’s own address: others may not have it', () => {
    expect(build({ mine: { provider: 'openai', model: 'gpt-5', baseUrl: 'https://gateway.example/v1' } })[0]).not.toHaveProperty('api');
  });

  it('a file below ~ is in the home folder', () => {
    expect(build({ mine: { provider: 'llama', file: '~/m.gguf' } })[0]?.model).toBe(join(homedir(), 'm.gguf'));
  });
});

describe('models of VS Code', () => {
  it('are offered as vendor/id, with what they take at most', () => {
    expect(build({}, [], [gpt4o])).toEqual([
      {
        id: 'copilot/gpt-4o-2026',
        provider: 'vscode',
        model: 'gpt-4o-2026',
        endpoint: 'copilot',
        locality: 'hosted',
        contextTokens: 64_000,
        maxOutputTokens: 16_384,
        capabilities: ['tools', 'vision'],
        capabilitiesKnown: true,
        family: 'gpt',
        released: '2024-05-13',
        origin: 'discovered',
      },
    ]);
  });

  it('that nobody knows are not said to lack anything', () => {
    expect(build({}, [], [{ ...gpt4o, family: 'next', id: 'next-1' }])[0]).toMatchObject({ capabilities: [], capabilitiesKnown: false });
  });

  it('never include our own', () => {
    expect(build({ mine: { provider: 'vscode' } }, [], [{ ...gpt4o, vendor: 'fairlead' }])).toMatchObject([{ id: 'mine', unavailable: expect.any(String) as string }]);
  });

  it.each([
    [{ vendor: 'copilot', family: 'gpt-4o' }],
    [{ id: 'gpt-4o-2026' }],
    [{ vendor: 'copilot' }],
  ])('are found by %j, and not listed twice', (selector) => {
    const all = build({ mine: { provider: 'vscode', ...selector } }, [], [gpt4o]);
    expect(all).toMatchObject([{ id: 'mine', model: 'gpt-4o-2026', endpoint: 'copilot', contextTokens: 64_000 }]);
    expect(all[0]).not.toHaveProperty('unavailable');
  });

  it('that are not offered now say so', () => {
    const [mine] = build({ mine: { provider: 'vscode', vendor: 'copilot', family: 'o9' } }, [], [gpt4o]);
    expect(mine?.unavailable).toContain('copilot/o9');
  });
});

describe('the list', () => {
  it('has settings first, in their order, then what was found, then VS Code’s', () => {
    const models: Record<string, ModelSetting> = { z: { provider: 'openai', model: 'z' }, a: { provider: 'openai', model: 'a' } };
    expect(build(models, [found({})], [gpt4o]).map(({ id }) => id)).toEqual(['z', 'a', 'ollama/qwen2.5-coder:7b', 'copilot/gpt-4o-2026']);
  });

  it('has no id twice', () => {
    const all = build({ 'ollama/qwen2.5-coder:7b': { provider: 'openai', model: 'x' } }, [found({})]);
    expect(all.map(({ id }) => id)).toEqual(['ollama/qwen2.5-coder:7b', 'ollama/qwen2.5-coder:7b (2)']);
  });
});

describe('a model with several endpoints', () => {
  const [both] = build({
    m: {
      provider: 'openai',
      model: 'm',
      baseUrl: 'https://one.example.com',
      endpoints: [{ keyName: 'work' }, { keyName: 'home', weight: 3 }, { baseUrl: 'http://127.0.0.1:8080' }],
    },
  });

  it('is one model with one name, and each endpoint has its address, its key and its share', () => {
    expect(both).toMatchObject({ id: 'm', endpoint: 'https://one.example.com/v1' });
    expect(both?.endpoints).toEqual([
      { endpoint: 'https://one.example.com/v1', keyName: 'work', weight: 1, locality: 'hosted' },
      { endpoint: 'https://one.example.com/v1', keyName: 'home', weight: 3, locality: 'hosted' },
      { endpoint: 'http://127.0.0.1:8080/v1', weight: 1, locality: 'local' },
    ]);
  });

  it('counts as local only when all of them are', () => {
    expect(both?.locality).toBe('hosted');
    const [here] = build({ m: { provider: 'ollama', model: 'm', endpoints: [{}, { baseUrl: 'http://127.0.0.1:9000' }] } });
    expect(here).toMatchObject({ locality: 'local', endpoint: 'http://127.0.0.1:11434' });
  });

  it('of which there is one is a plain model with a key of that name', () => {
    const [one] = build({ m: { provider: 'anthropic', model: 'm', endpoints: [{ keyName: 'work' }] } });
    expect(one).toMatchObject({ endpoint: 'https://api.anthropic.com', keyName: 'work' });
    expect(one).not.toHaveProperty('endpoints');
  });
});
