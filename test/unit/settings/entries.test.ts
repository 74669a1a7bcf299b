import { describe, expect, it } from 'vitest';
import { modelSetting, modelSettingFor } from '../../../src/settings/entries';

describe('a model of the settings, read by the provider that it names', () => {
  it.each([
    { provider: 'openai', model: 'm', baseUrl: 'https://x.example/v1', price: { input: 1, output: 2 } },
    { provider: 'openai', model: 'm', api: 'other' },
    { provider: 'anthropic', model: 'm', endpoints: [{ keyName: ' work ' }] },
    { provider: 'anthropic', model: '' },
    { provider: 'ollama', model: 'm', keepAlive: '30m' },
    { provider: 'ollama', model: 'm', keepAlive: 'soon' },
    { provider: 'llama', file: '~/models/m.gguf', contextWindow: 4096 },
    { provider: 'llama', file: 'm.gguf' },
    { provider: 'vscode', vendor: 'copilot', capabilities: ['tools'] },
    { provider: 'vscode', vendor: 'copilot', capabilities: ['sings'] },
    { provider: 'constructor' },
    { provider: 7 },
    {},
  ])('is what the schema of all of them says: %j', (entry) => {
    const [own, all] = [modelSettingFor(entry).safeParse(entry), modelSetting().safeParse(entry)];
    expect(own.data).toEqual(all.data);
    expect(own.error?.issues).toEqual(all.error?.issues);
  });
});
