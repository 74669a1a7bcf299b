import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { discoverModels, USUAL_ADDRESSES } from '../../../src/adapters/discovery';
import { listModels } from '../../../src/adapters/list-models';
import { ollamaLocality } from '../../../src/adapters/ollama-models';
import { recordingLog, rejection } from '../../support/adapters';
import { type ModelServer, startModelServer } from '../../support/openai-server';

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(...args: Parameters<typeof startModelServer>): Promise<ModelServer> {
  const server = await startModelServer(...args);
  servers.push(server);
  return server;
}

const key = async () => undefined;
const signal = new AbortController().signal;

function discover(usual: readonly string[], endpoints: readonly string[] = []) {
  return discoverModels({ key, log: recordingLog(), usual, endpoints, probeMs: 2000 }, signal);
}

describe('what a server offers', () => {
  it('Ollama: context and capabilities from /api/show, no embedders, cloud models as hosted', async () => {
    const { url } = await start({
      kind: 'ollama',
      models: {
        'qwen2.5-coder:7b': { facts: { contextTokens: 32_768, parametersB: 7.6, capabilities: ['completion', 'tools', 'insert'] } },
        'gemma3:4b': { facts: { contextTokens: 131_072, capabilities: ['completion', 'vision'] } },
        'nomic-embed-text:latest': { facts: { capabilities: ['embedding'] } },
        'gpt-oss:120b-cloud': { facts: { capabilities: ['completion', 'tools', 'thinking'], remoteHost: 'https://ollama.com:443' } },
        'old:1b': {},
      },
    });
    const common = { provider: 'ollama', endpoint: url, origin: 'discovered' };
    expect(await discover([url])).toEqual([
      { ...common, id: 'ollama/qwen2.5-coder:7b', model: 'qwen2.5-coder:7b', locality: 'local', contextTokens: 32_768, parametersB: 7.6, capabilities: ['tools', 'fim'], capabilitiesKnown: true },
      { ...common, id: 'ollama/gemma3:4b', model: 'gemma3:4b', locality: 'local', contextTokens: 131_072, capabilities: ['vision'], capabilitiesKnown: true },
      { ...common, id: 'ollama/gpt-oss:120b-cloud', model: 'gpt-oss:120b-cloud', locality: 'hosted', capabilities: ['tools', 'thinking'], capabilitiesKnown: true },
      { ...common, id: 'ollama/old:1b', model: 'old:1b', locality: 'local', capabilities: [], capabilitiesKnown: false },
    ]);
  });

  it('LM Studio: the loaded window above the largest, tools, vision, no embedders', async () => {
    const { url, baseUrl } = await start({
      kind: 'lmstudio',
      models: {
        'qwen2.5-coder-7b-instruct': { facts: { contextTokens: 8192, capabilities: ['tool_use'] } },
        'qwen2-vl-7b': { facts: { type: 'vlm' } },
        'text-embedding-nomic': { facts: { type: 'embeddings' } },
      },
    });
    const common = { provider: 'openai', endpoint: baseUrl, locality: 'local', origin: 'discovered' };
    expect(await discover([url])).toEqual([
      { ...common, id: 'lmstudio/qwen2.5-coder-7b-instruct', model: 'qwen2.5-coder-7b-instruct', contextTokens: 8192, capabilities: ['tools', 'fim'], capabilitiesKnown: true },
      { ...common, id: 'lmstudio/qwen2-vl-7b', model: 'qwen2-vl-7b', contextTokens: 32_768, capabilities: ['vision'], capabilitiesKnown: false },
    ]);
  });

  it('llama-server: the window of a slot, tools by the template, filling in by the model’s marks', async () => {
    const model = '/models/Qwen2.5-Coder-3B-Q4_K_M.gguf';
    const { url, baseUrl, requests } = await start({ kind: 'llama.cpp', models: { [model]: { facts: { contextTokens: 4096, parametersB: 3.1, capabilities: ['tools'] } } } });
    expect(await discover([url])).toEqual([
      {
        id: 'llama.cpp/Qwen2.5-Coder-3B-Q4_K_M',
        provider: 'openai',
        model,
        endpoint: baseUrl,
        locality: 'local',
        contextTokens: 4096,
        parametersB: 3.1,
        capabilities: ['tools', 'fim'],
        capabilitiesKnown: true,
        origin: 'discovered',
      },
    ]);
    expect(requests.find(({ path }) => path === '/infill')?.body['n_predict']).toBe(0);
  });

  it('llama-server without marks cannot fill in', async () => {
    const { url } = await start({ kind: 'llama.cpp', models: { chatty: { fim: 'none', facts: { contextTokens: 4096 } } } });
    expect((await discover([url]))[0]).toMatchObject({ capabilities: [], capabilitiesKnown: true });
  });

  it('vLLM: the window it serves; capabilities stay a guess', async () => {
    const { url } = await start({ kind: 'vllm', models: { 'Qwen/Qwen2.5-Coder-32B-Instruct': { facts: { contextTokens: 16_384 } }, 'BAAI/bge-reranker': {} } });
    expect(await discover([url])).toMatchObject([
      { id: 'vllm/Qwen/Qwen2.5-Coder-32B-Instruct', contextTokens: 16_384, capabilities: ['fim'], capabilitiesKnown: false },
    ]);
  });

  it('any other OpenAI-compatible server goes by its host', async () => {
    const { baseUrl } = await start({ models: { 'team-model': {} } });
    expect(await discover([], [`${baseUrl}/`])).toMatchObject([{ id: `${new URL(baseUrl).host}/team-model`, endpoint: baseUrl }]);
  });
});

describe('what a list of models says of each', () => {
  async function listing(data: readonly object[]) {
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.statusCode = request.url === '/v1/models' ? 200 : 404;
      response.end(JSON.stringify({ data }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    return discover([], [`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`]);
  }

  it('OpenRouter: window, longest answer, abilities, price per million tokens', async () => {
    const listed = {
      id: 'vendor/model',
      context_length: 200_000,
      architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
      pricing: { prompt: '0.000003', completion: '0.000015', input_cache_read: '0.0000003', input_cache_write: '0.00000375', image: '0' },
      top_provider: { context_length: 200_000, max_completion_tokens: 64_000 },
      supported_parameters: ['tools', 'reasoning', 'temperature'],
    };
    expect(await listing([listed, { ...listed, id: 'vendor/plain', supported_parameters: ['temperature'], architecture: { input_modalities: ['text'] }, pricing: { prompt: '-1', completion: '-1' }, top_provider: { max_completion_tokens: null } }])).toMatchObject([
      {
        model: 'vendor/model',
        contextTokens: 200_000,
        maxOutputTokens: 64_000,
        capabilities: ['tools', 'vision', 'thinking'],
        capabilitiesKnown: true,
        price: { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
      },
      { model: 'vendor/plain', capabilities: [], capabilitiesKnown: true },
    ]);
  });

  it('Mistral: window and abilities, and which models do not chat', async () => {
    const capabilities = { completion_chat: true, completion_fim: true, function_calling: true, vision: false };
    const found = await listing([
      { id: 'codestral-2508', max_context_length: 256_000, capabilities },
      { id: 'mistral-ocr', capabilities: { ...capabilities, completion_chat: false } },
    ]);
    expect(found).toMatchObject([{ model: 'codestral-2508', contextTokens: 256_000, capabilities: ['tools', 'fim'], capabilitiesKnown: true }]);
    expect(found).toHaveLength(1);
  });

  it('a price that varies is no price', async () => {
    const [found] = await listing([{ id: 'openrouter/auto', supported_parameters: [], pricing: { prompt: '-1', completion: '-1' } }]);
    expect(found).not.toHaveProperty('price');
  });
});

describe('looking around', () => {
  it('asks Ollama, LM Studio, llama-server and vLLM at their usual ports of 127.0.0.1', () => {
    expect(USUAL_ADDRESSES).toEqual(['http://127.0.0.1:11434', 'http://127.0.0.1:1234', 'http://127.0.0.1:8080', 'http://127.0.0.1:8000']);
  });

  it('gives a second server of a kind ids of its own', async () => {
    const models = { 'a:1b': { facts: { capabilities: ['completion'] } } };
    const [first, second] = [await start({ kind: 'ollama', models }), await start({ kind: 'ollama', models })];
    expect((await discover([first.url, second.url])).map(({ id }) => id)).toEqual(['ollama/a:1b', `ollama@${new URL(second.url).host}/a:1b`]);
  });

  it('asks an address once, however it is written', async () => {
    const { url, baseUrl, requests } = await start({ models: { m: {} } });
    const found = await discover([url], [baseUrl, `${url}/`, baseUrl.replace('127.0.0.1', 'localhost')]);
    expect(found).toHaveLength(1);
    expect(requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  });

  it('finds nothing where nothing is, where something else is, and where answers are nonsense', async () => {
    const nonsense = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/v1/models' ? '{"data": "many"}' : '<html>');
    });
    await new Promise<void>((resolve) => nonsense.listen(0, '127.0.0.1', resolve));
    servers.push({ close: () => new Promise<void>((resolve) => nonsense.close(() => resolve())) });
    const gone = await startModelServer({ models: {} });
    await gone.close();
    const port = (nonsense.address() as AddressInfo).port;
    expect(await discover([gone.url, `http://127.0.0.1:${String(port)}`, 'not an address', 'http://'])).toEqual([]);
  });

  it('waits for no server that does not answer, and finds the others meanwhile', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    servers.push({
      close: () =>
        new Promise<void>((resolve) => {
          silent.close(() => resolve());
          silent.closeAllConnections();
        }),
    });
    const { url } = await start({ models: { m: {} } });
    const silentUrl = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    const startedAt = Date.now();
    const found = await discoverModels({ key, log: recordingLog(), usual: [silentUrl, url], endpoints: [] }, signal);
    expect(found).toHaveLength(1);
    expect(Date.now() - startedAt).toBeLessThan(2000);
  });

  it('never throws, not even when it is given up or the key store fails', async () => {
    const { url } = await start({ models: { m: {} } });
    const controller = new AbortController();
    controller.abort();
    expect(await discoverModels({ key, log: recordingLog(), usual: [url], endpoints: [] }, controller.signal)).toEqual([]);
    const failing = () => Promise.reject(new Error('locked'));
    expect(await discoverModels({ key: failing, log: recordingLog(), usual: [url], endpoints: [] }, signal)).toEqual([]);
  });
});

describe('Ollama’s cloud models', () => {
  it.each([
    ['qwen2.5-coder:7b', undefined, 'local'],
    ['gpt-oss:120b-cloud', undefined, 'hosted'],
    ['gemma4:cloud', undefined, 'hosted'],
    ['renamed:latest', 'https://ollama.com', 'hosted'],
    ['cloudy:7b', undefined, 'local'],
  ] as const)('%s (%s) is %s', (model, remoteHost, locality) => {
    expect(ollamaLocality('http://127.0.0.1:11434', model, remoteHost)).toBe(locality);
  });
});

describe('listing the models of one server', () => {
  it.each(['/v1', '/v1/', '', '/'])('works for the address with “%s” at its end', async (end) => {
    const { url } = await start({ models: { a: {}, b: {} } });
    expect(await listModels({ key }, url + end, signal)).toEqual(['a', 'b']);
  });

  it('works for Ollama', async () => {
    const { url } = await start({ kind: 'ollama', models: { 'a:1b': {} } });
    expect(await listModels({ key }, url, signal)).toEqual(['a:1b']);
  });

  it('works for Anthropic, which wants to know the form of a request', async () => {
    const { url, requests } = await start({ kind: 'anthropic', models: { 'claude-x': {} } });
    expect(await listModels({ key }, url, signal)).toEqual(['claude-x']);
    expect(requests.at(-1)?.headers['anthropic-version']).toMatch(/^\d{4}-\d{2}-\d{2}$/u);
  });

  it('says when a key is missing, wrong, or when there are no models', async () => {
    const { baseUrl } = await start({ models: {}, key: 'sk-1' });
    expect(await rejection(listModels({ key }, baseUrl, signal))).toMatchObject({ code: 'no_key' });
    expect(await rejection(listModels({ key: async () => 'sk-2' }, baseUrl, signal))).toMatchObject({ code: 'unauthorized' });
    const strange = await start({ kind: 'lmstudio', models: {} });
    expect(await rejection(listModels({ key }, `${strange.url}/other`, signal))).toMatchObject({ code: 'malformed' });
  });
});
