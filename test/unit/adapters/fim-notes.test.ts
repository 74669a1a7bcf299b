// What servers tell of a fill-in besides its text: asked for where it is free, done without where it is refused.
import { afterEach, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/adapters/ollama';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import type { FimCall, FimNote } from '../../../src/router/ports';
import { candidate, collect, fimCall, recordingLog, rejection } from '../../support/adapters';
import { type ModelScript, type ModelServer, type ServerKind, startModelServer } from '../../support/openai-server';

let server: ModelServer;
afterEach(async () => server.close());

const signal = new AbortController().signal;
const SURE = [-0.25, -0.5, -1];

interface Started {
  /** Text and notes of one completion. */
  readonly fill: (fields?: Partial<FimCall>) => Promise<{ readonly text: string; readonly notes: readonly FimNote[] }>;
  /** The same, by a reader who leaves with the first piece. */
  readonly glance: (fields?: Partial<FimCall>) => Promise<readonly FimNote[]>;
}

async function start(kind: ServerKind, model: string, script: ModelScript): Promise<Started> {
  server = await startModelServer({ kind, models: { [model]: script } });
  const isOllama = kind === 'ollama';
  const asked = candidate({ provider: isOllama ? 'ollama' : 'openai', endpoint: isOllama ? server.url : server.baseUrl, model });
  const deps = { key: async () => undefined, log: recordingLog() };
  const backend = isOllama ? createOllamaBackend(deps) : createOpenAiBackend(deps);
  return {
    fill: async (fields = {}) => {
      const notes: FimNote[] = [];
      const pieces = await collect(backend.fim!(fimCall(asked, { ...fields, note: (note) => notes.push(note) }), signal));
      return { text: pieces.join(''), notes };
    },
    glance: async (fields = {}) => {
      const notes: FimNote[] = [];
      for await (const piece of backend.fim!(fimCall(asked, { ...fields, note: (note) => notes.push(note) }), signal)) if (piece !== '') break;
      return notes;
    },
  };
}

const fills = () => server.requests.filter(({ method, path }) => method === 'POST' && !/show|tokenize/u.test(path));
const sureIn = (notes: readonly FimNote[]) => notes.flatMap((note) => (note.kind === 'sure' ? note.logProbabilities : []));
const countedIn = (notes: readonly FimNote[]) => notes.filter((note) => note.kind === 'counted');
const call = fimCall(candidate({ endpoint: '', model: '' }));

describe('how likely the tokens were', () => {
  it.each([
    ['llama-server', 'llama.cpp', 'm', 'suffix', 'n_probs'],
    ['/v1/completions with a suffix', 'openai', 'm', 'suffix', 'logprobs'],
    ['vLLM', 'vllm', 'qwen2.5-coder', 'refuses_suffix', 'logprobs'],
    ['Ollama', 'ollama', 'm', 'suffix', 'logprobs'],
  ] as const)('is asked of %s once it is known how it fills in', async (_, kind, model, fim, field) => {
    const { fill } = await start(kind, model, { reply: 'a + b', fim, sure: SURE });
    expect(sureIn((await fill()).notes)).toEqual([]);
    expect(fills().at(-1)!.body).not.toHaveProperty(field);
    const { text, notes } = await fill();
    expect([text, sureIn(notes)]).toEqual(['a + b', SURE]);
    expect(fills().at(-1)!.body).toHaveProperty(field);
  });

  it.each([
    ['before the sort was made quick', 'b9174-0dca6d8', false],
    ['after that', 'b10760-0dca6d8', true],
    ['from a copy without history', 'b1-80fb11a', true],
  ])('is asked of builds of llama-server %s: %s -> %s', async (_, build, asked) => {
    const { fill } = await start('llama.cpp', 'm', { reply: 'a + b', sure: SURE, facts: { build } });
    await fill();
    expect(sureIn((await fill()).notes)).toEqual(asked ? SURE : []);
  });

  it('is not asked of Mistral, which refuses what it does not know', async () => {
    const { fill } = await start('openai', 'codestral', { reply: 'a + b', fim: 'mistral', sure: SURE });
    await fill();
    await fill();
    expect(fills().filter(({ body }) => 'logprobs' in body || 'stream_options' in body)).toEqual([]);
  });

  it.each([
    ['llama.cpp', 'n_probs'],
    ['openai', 'logprobs'],
    ['openai', 'stream_options'],
  ] as const)('is done without where %s refuses %s, and not asked again', async (kind, field) => {
    const { fill } = await start(kind, 'm', { reply: 'a + b', sure: SURE, fault: { kind: 'refuse_options', names: [field] } });
    for (let turn = 0; turn < 3; turn += 1) expect(await fill()).toEqual({ text: 'a + b', notes: [] });
    expect(fills().map(({ body }) => field in body)).toEqual([false, true, false, false]);
  });

  it('is unknown where a server ignores the question', async () => {
    const { fill } = await start('openai', 'm', { reply: 'a + b' });
    await fill();
    expect(await fill()).toEqual({ text: 'a + b', notes: [] });
  });
});

describe('how many tokens the prompt had', () => {
  const usage = { input: 20, output: 3 };
  const chars = call.prefix.length + call.suffix.length;

  it('is what the server says at the end', async () => {
    const { fill } = await start('openai', 'm', { reply: 'a + b', usage });
    await fill();
    expect(countedIn((await fill()).notes)).toEqual([{ kind: 'counted', chars, tokens: 20 }]);
  });

  it('is what Ollama says at the end', async () => {
    const { fill } = await start('ollama', 'm', { reply: 'a + b', usage });
    expect(countedIn((await fill()).notes)).toEqual([{ kind: 'counted', chars, tokens: 20 }]);
  });

  it('counts the marks and the other files that went along', async () => {
    const { fill } = await start('vllm', 'qwen2.5-coder', { reply: 'a + b', fim: 'refuses_suffix', usage });
    await fill();
    const { notes } = await fill({ path: 'a.py', language: 'python', extra: [{ path: 'b.py', text: 'x = 1\n' }] });
    expect(countedIn(notes)).toEqual([{ kind: 'counted', chars: String(fills().at(-1)!.body['prompt']).length, tokens: 20 }]);
  });

  it.each(['fill', 'glance'] as const)('is counted by llama-server’s tokenizer behind the answer (%s)', async (how) => {
    const started = await start('llama.cpp', 'm', { reply: 'a + b', usage });
    const result = await started[how]({ count: true });
    const notes = 'notes' in result ? result.notes : result;
    await expect.poll(() => notes).toEqual([{ kind: 'counted', chars: call.prefix.length, tokens: Math.ceil(call.prefix.length / 2) }]);
    expect(server.requests.filter(({ path }) => path === '/tokenize').map(({ body }) => body)).toEqual([{ content: call.prefix }]);
  });

  it('is not counted when nobody wants it, nor by other servers', async () => {
    const { fill } = await start('llama.cpp', 'm', { reply: 'a + b' });
    await fill();
    const other = server;
    const vllm = await start('openai', 'm', { reply: 'a + b' });
    await vllm.fill({ count: true });
    expect([...other.requests, ...server.requests].filter(({ path }) => path.endsWith('/tokenize'))).toEqual([]);
    await other.close();
  });
});

describe('the way to ask', () => {
  it('is remembered for a reader who has enough early', async () => {
    const { glance } = await start('vllm', 'qwen2.5-coder', { reply: 'a + b', fim: 'refuses_suffix' });
    await glance();
    const first = fills().length;
    await glance();
    expect(fills().slice(first).map(({ path }) => path)).toEqual(['/v1/completions']);
  });

  it('stays known when one prompt is refused', async () => {
    const { fill } = await start('openai', 'm', { reply: 'a + b' });
    await fill();
    server.setModels({ m: { fault: { kind: 'status', status: 400 } } });
    expect(await rejection(fill())).toMatchObject({ code: 'bad_request' });
    server.setModels({ m: { reply: 'a + b' } });
    expect((await fill()).text).toBe('a + b');
  });

  it('is looked for again when another model listens there', async () => {
    const { fill } = await start('openai', 'codestral', { reply: 'a + b' });
    await fill();
    server.setModels({ codestral: { reply: 'a + b', fim: 'mistral' } });
    expect(await rejection(fill())).toMatchObject({ code: 'not_found' });
    expect((await fill()).text).toBe('a + b');
  });
});
