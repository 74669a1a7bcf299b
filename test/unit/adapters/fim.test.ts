// Filling in the middle: each server is asked in the way it understands, and asked wrongly at most once.
import { afterEach, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/adapters/ollama';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import type { Backend, FimCall } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { candidate, collect, fimCall, recordingLog, rejection } from '../../support/adapters';
import { type ModelScript, type ModelServer, type ServerKind, startModelServer } from '../../support/openai-server';

let server: ModelServer;
afterEach(async () => server.close());

const signal = new AbortController().signal;

interface Started {
  readonly backend: Backend;
  readonly asked: Candidate;
  readonly fill: (fields?: Partial<FimCall>) => Promise<string>;
}

async function start(kind: ServerKind, model: string, script: ModelScript): Promise<Started> {
  server = await startModelServer({ kind, models: { [model]: script } });
  const isOllama = kind === 'ollama';
  const asked = candidate({ provider: isOllama ? 'ollama' : 'openai', endpoint: isOllama ? server.url : server.baseUrl, model });
  const deps = { key: async () => undefined, log: recordingLog() };
  const backend = isOllama ? createOllamaBackend(deps) : createOpenAiBackend(deps);
  const fill = async (fields: Partial<FimCall> = {}) => (await collect(backend.fim!(fimCall(asked, fields), signal))).join('');
  return { backend, asked, fill };
}

/** Paths of the requests that ask for text. */
const paths = () => server.requests.filter(({ method, path }) => method === 'POST' && path !== '/api/show').map(({ path }) => path);
const last = () => server.requests.at(-1)!.body;

interface Row {
  readonly name: string;
  readonly kind: ServerKind;
  readonly model: string;
  readonly fim: NonNullable<ModelScript['fim']>;
  /** Paths of the first completion and, after it, of the second. */
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly body: Record<string, unknown>;
}

const call = fimCall(candidate({ endpoint: '', model: '' }));
const RENDERED = `<|fim_prefix|>${call.prefix}<|fim_suffix|>${call.suffix}<|fim_middle|>`;

const ROWS: readonly Row[] = [
  {
    name: 'a server that takes a suffix',
    kind: 'openai',
    model: 'any-model',
    fim: 'suffix',
    first: ['/v1/completions'],
    second: ['/v1/completions'],
    body: { prompt: call.prefix, suffix: call.suffix, max_tokens: 32, temperature: 0, stop: ['\n\n'] },
  },
  {
    name: 'vLLM, which refuses a suffix, gets the model’s own marks',
    kind: 'vllm',
    model: 'Qwen/Qwen2.5-Coder-7B',
    fim: 'refuses_suffix',
    first: ['/v1/completions', '/v1/fim/completions', '/v1/completions'],
    second: ['/v1/completions'],
    body: { prompt: RENDERED, stop: expect.arrayContaining(['\n\n', '<|endoftext|>']) as unknown },
  },
  {
    name: 'Mistral’s own endpoint',
    kind: 'openai',
    model: 'codestral-latest',
    fim: 'mistral',
    first: ['/v1/completions', '/v1/fim/completions'],
    second: ['/v1/fim/completions'],
    body: { prompt: call.prefix, suffix: call.suffix },
  },
  {
    name: 'LM Studio, which would ignore a suffix, is never sent one',
    kind: 'lmstudio',
    model: 'qwen2.5-coder-7b-instruct',
    fim: 'suffix',
    first: ['/v1/completions'],
    second: ['/v1/completions'],
    body: { prompt: RENDERED },
  },
  {
    name: 'llama-server has /infill',
    kind: 'llama.cpp',
    model: 'some-model',
    fim: 'suffix',
    first: ['/infill'],
    second: ['/infill'],
    body: { input_prefix: call.prefix, input_suffix: call.suffix, n_predict: 32, stop: ['\n\n'], temperature: 0 },
  },
  {
    name: 'llama-server with a model whose marks it does not know',
    kind: 'llama.cpp',
    model: 'qwen2.5-coder-odd.gguf',
    fim: 'refuses_suffix',
    first: ['/infill', '/v1/completions'],
    second: ['/v1/completions'],
    body: { prompt: RENDERED },
  },
  {
    name: 'Ollama takes a suffix',
    kind: 'ollama',
    model: 'qwen2.5-coder:7b',
    fim: 'suffix',
    first: ['/api/generate'],
    second: ['/api/generate'],
    body: { prompt: call.prefix, suffix: call.suffix, options: { num_predict: 32, temperature: 0, stop: ['\n\n'] } },
  },
  {
    name: 'Ollama with a template that has no place for a suffix',
    kind: 'ollama',
    model: 'hf.co/Qwen/Qwen2.5-Coder-3B-GGUF',
    fim: 'none',
    first: ['/api/generate', '/api/generate'],
    second: ['/api/generate'],
    body: { prompt: RENDERED, raw: true },
  },
];

const EXTRA = [{ path: 'src/sum.ts', text: 'export const sum = 1;\n' }];
const COMMENTED = `# src/sum.ts\n# export const sum = 1;\n${call.prefix}`;

describe('a model is told from others', () => {
  it.each([
    ['Ollama by the name in its file', 'ollama', { file: 'Qwen2.5-Coder' }],
    ['Ollama by the marks in its template', 'ollama', { template: '<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>' }],
    ['llama-server by its file', 'llama.cpp', { file: 'qwen2.5-coder-7b-q4' }],
  ] as const)('%s, whatever the user calls it', async (_, kind, facts) => {
    const { fill } = await start(kind, 'mine', { reply: 'a + b', fim: kind === 'ollama' ? 'none' : 'refuses_suffix', facts });
    expect(await fill()).toBe('a + b');
    expect(last()['prompt']).toBe(RENDERED);
  });

  it('by what the catalogue says', async () => {
    const { backend, asked } = await start('vllm', 'mine', { reply: 'a + b', fim: 'refuses_suffix' });
    expect((await collect(backend.fim!(fimCall({ ...asked, fimFamily: 'codellama' }), signal))).join('')).toBe('a + b');
    expect(last()['prompt']).toBe(`<PRE> ${call.prefix} <SUF>${call.suffix} <MID>`);
  });
});

describe('a model that only chats', () => {
  it('is asked about a hole when the user says that it can', async () => {
    const { backend, asked } = await start('openai', 'gpt-4o', { reply: 'a + b', fim: 'none' });
    expect((await collect(backend.fim!(fimCall({ ...asked, capabilities: ['fim'] }), signal))).join('')).toBe('a + b');
    expect(paths().at(-1)).toBe('/v1/chat/completions');
    expect(JSON.stringify(last())).toContain(JSON.stringify(`${call.prefix}<HOLE/>${call.suffix}`).slice(1, -1));
  });

  it('is not asked otherwise', async () => {
    const { fill } = await start('openai', 'gpt-4o', { reply: 'a + b', fim: 'none' });
    expect(await rejection(fill())).toMatchObject({ code: 'unsupported' });
    expect(paths()).not.toContain('/v1/chat/completions');
  });
});

describe('text of other files', () => {
  it.each([
    ['/infill', 'llama.cpp', 'm', 'suffix', { input_prefix: call.prefix, input_extra: [{ filename: 'src/sum.ts', text: EXTRA[0]!.text }] }],
    ['a suffix', 'openai', 'm', 'suffix', { prompt: COMMENTED }],
    ['Ollama', 'ollama', 'm', 'suffix', { prompt: COMMENTED }],
    [
      'Qwen’s marks',
      'vllm',
      'qwen2.5-coder',
      'refuses_suffix',
      { prompt: `<|repo_name|>workspace\n<|file_sep|>src/sum.ts\n${EXTRA[0]!.text}<|file_sep|>main.py\n${RENDERED}` },
    ],
    ['marks without files', 'vllm', 'codegemma', 'refuses_suffix', { prompt: `<|fim_prefix|>${COMMENTED}<|fim_suffix|>${call.suffix}<|fim_middle|>` }],
  ] as const)('goes along by %s', async (_, kind, model, fim, body) => {
    const { fill } = await start(kind, model, { reply: 'a + b', fim });
    await fill({ extra: EXTRA, path: 'main.py', language: 'python' });
    expect(last()).toMatchObject(body);
  });
});

describe('filling in the middle', () => {
  it.each(ROWS)('$name', async ({ kind, model, fim, first, second, body }) => {
    const { fill } = await start(kind, model, { reply: 'a + b', fim });
    expect(await fill({ stop: ['\n\n'] })).toBe('a + b');
    expect(paths()).toEqual(first);
    expect(last()).toMatchObject({ model, ...body });
    expect(await fill({ stop: ['\n\n'] })).toBe('a + b');
    expect(paths()).toEqual([...first, ...second]);
    expect(last()).toMatchObject(body);
  });

  it('says that a model cannot, and does not ask its server again with every key', async () => {
    const { fill } = await start('openai', 'gpt-4o', { fim: 'none' });
    expect(await rejection(fill())).toMatchObject({ code: 'unsupported' });
    const asked = server.requests.length;
    expect(await rejection(fill())).toMatchObject({ code: 'unsupported' });
    expect(server.requests).toHaveLength(asked);
  });

  it('does not take a failing server for one that refuses', async () => {
    const { fill } = await start('openai', 'qwen2.5-coder', { fault: { kind: 'status', status: 503 } });
    expect(await rejection(fill())).toMatchObject({ code: 'server', status: 503 });
    server.setModels({ 'qwen2.5-coder': { reply: 'a + b' } });
    expect(await fill()).toBe('a + b');
    expect(last()).toHaveProperty('suffix');
  });

  it('asks again after an inner error of the server, which may pass', async () => {
    const { fill } = await start('openai', 'unknown', { fault: { kind: 'status', status: 500 } });
    expect(await rejection(fill())).toMatchObject({ code: 'unsupported' });
    server.setModels({ unknown: { reply: 'a + b' } });
    expect(await fill()).toBe('a + b');
  });

  it('may find that nothing belongs there', async () => {
    expect(await (await start('openai', 'm', { fault: { kind: 'empty' } })).fill()).toBe('');
  });

  it.each(['openai', 'llama.cpp', 'ollama'] as const)('that is cut off is an error (%s)', async (kind) => {
    const { fill } = await start(kind, 'm', { reply: 'a + b', fault: { kind: 'no_finish', words: 2 } });
    expect(await rejection(fill())).toMatchObject({ code: 'cut' });
  });

  it('asks again what the server is when nobody answered', async () => {
    const { backend, asked, fill } = await start('openai', 'm', { reply: 'a + b' });
    const { url } = server;
    await server.close();
    expect(await rejection(fill())).toMatchObject({ code: 'unreachable' });
    server = await startModelServer({ kind: 'llama.cpp', models: { m: { reply: 'a + b' } }, port: Number(new URL(url).port) });
    expect((await collect(backend.fim!(fimCall(asked), signal))).join('')).toBe('a + b');
    expect(paths()).toEqual(['/infill']);
  });

  it('does not ask anew what the server is when the first completion was given up', async () => {
    const { backend, asked, fill } = await start('llama.cpp', 'm', { reply: 'a + b' });
    const controller = new AbortController();
    const given = rejection(collect(backend.fim!(fimCall(asked), controller.signal)));
    controller.abort();
    await given;
    expect(await fill()).toBe('a + b');
    expect(server.requests.filter(({ path }) => path === '/props')).toHaveLength(1);
  });
});
