import { afterEach, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/adapters/ollama';
import { type PullProgress, pullOllamaModel } from '../../../src/adapters/ollama-pull';
import type { ChatCall, ChatEvent } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { isAbort } from '../../../src/shared/abort';
import { candidate, chatCall, collect, fimCall, recordingLog, rejection, textOf } from '../../support/adapters';
import { type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';

let server: ModelServer | undefined;
afterEach(async () => server?.close());

async function ask(script: ModelScript, fields: Partial<ChatCall> = {}, model: Partial<Candidate> = {}): Promise<ChatEvent[]> {
  server = await startModelServer({ kind: 'ollama', models: { 'qwen:7b': script } });
  const backend = createOllamaBackend({ key: async () => undefined, log: recordingLog() });
  const asked = candidate({ provider: 'ollama', endpoint: server.url, model: 'qwen:7b', ...model });
  return collect(backend.chat({ ...chatCall(asked), ...fields }, new AbortController().signal));
}

const sent = () => server!.requests.at(-1)!.body;

describe('a chat with Ollama', () => {
  it('arrives word by word, with model, usage and end', async () => {
    const events = await ask({ reply: 'Because of this.', usage: { input: 40, output: 4 } });
    expect(textOf(events)).toBe('Because of this.');
    expect(events.filter(({ type }) => type !== 'text')).toEqual([
      { type: 'executed', model: 'qwen:7b' },
      { type: 'usage', usage: { inputTokens: 40, outputTokens: 4 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('keeps thoughts apart from text, and says when usage is an estimate', async () => {
    const events = await ask({ reply: 'Yes.', thinks: 2 });
    expect(events.filter(({ type }) => type !== 'text' && type !== 'executed')).toEqual([
      { type: 'thinking', text: ' hm' },
      { type: 'thinking', text: ' hm' },
      { type: 'usage', usage: { inputTokens: expect.any(Number) as number, outputTokens: 5, estimated: true } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('gives thoughts that led to a tool call back with its result', async () => {
    server = await startModelServer({ kind: 'ollama', models: { m: { thinks: 2, toolCalls: [{ id: 'c1', name: 'read', arguments: {} }] } } });
    const backend = createOllamaBackend({ key: async () => undefined, log: recordingLog() });
    const asked = candidate({ provider: 'ollama', endpoint: server.url, model: 'm' });
    const signal = new AbortController().signal;
    await collect(backend.chat(chatCall(asked), signal));
    const messages: ChatCall['messages'] = [
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'read', input: {} }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: 'x' }] },
    ];
    await collect(backend.chat(chatCall(asked, { messages }), signal));
    expect((sent()['messages'] as object[])[0]).toMatchObject({ thinking: ' hm hm' });
  });

  it.each([
    ['30m', '30m'],
    ['-1', -1],
    ['0', 0],
  ])('keeps the model loaded as the user wants it: %s', async (keepAlive, expected) => {
    await ask({ reply: 'ok' }, {}, { keepAlive });
    expect(sent()['keep_alive']).toBe(expected);
  });

  it('keeps it loaded for completions too', async () => {
    server = await startModelServer({ kind: 'ollama', models: { m: { reply: 'x' } } });
    const backend = createOllamaBackend({ key: async () => undefined, log: recordingLog() });
    await collect(backend.fim!(fimCall(candidate({ provider: 'ollama', endpoint: server.url, model: 'm', keepAlive: '1h' })), new AbortController().signal));
    expect(sent()['keep_alive']).toBe('1h');
  });

  it.each([
    [{ reasoning_effort: 'high' }, { think: 'high' }],
    [{ reasoning_effort: 'none' }, { think: false }],
    [{ response_format: { type: 'json_object' } }, { format: 'json' }],
    [{ response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } } }, { format: { type: 'object' } }],
  ])('says %j in its own words', async (options, expected) => {
    await ask({ reply: 'ok' }, { options }, { capabilities: ['thinking'] });
    expect(sent()).toMatchObject(expected);
  });

  it('does not tell a model to think that cannot', async () => {
    await ask({ reply: 'ok' }, { options: { reasoning_effort: 'high' } });
    expect(sent()).not.toHaveProperty('think');
  });

  it('ends for its length when it does', async () => {
    expect((await ask({ reply: 'x', finish: 'length' })).at(-1)).toEqual({ type: 'finish', reason: 'length' });
  });

  it('calls tools, with ids of our own where Ollama gives none', async () => {
    const events = await ask({ toolCalls: [{ name: 'read', arguments: { path: 'a' } }, { id: 'given', name: 'run', arguments: {} }] });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual([
      { type: 'tool_call', id: expect.stringMatching(/^call_/u) as string, name: 'read', input: { path: 'a' } },
      { type: 'tool_call', id: 'given', name: 'run', input: {} },
    ]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('sends turns, images, tools, calls and their results by the name of the tool', async () => {
    const inputSchema = { type: 'object', properties: { path: { type: 'string' } } };
    await ask(
      { reply: 'ok' },
      {
        tools: [{ name: 'read', description: 'Reads.', inputSchema }],
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          { role: 'user', parts: [{ type: 'text', text: 'What?' }, { type: 'image', mimeType: 'image/png', data: new Uint8Array([1, 2, 3]) }] },
          { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'read', input: { path: 'a' } }] },
          { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: 'nothing', isError: true }] },
        ],
      },
    );
    expect(sent()['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What?', images: ['AQID'] },
      { role: 'assistant', content: '', tool_calls: [{ id: 'c1', function: { name: 'read', arguments: { path: 'a' } } }] },
      { role: 'tool', content: 'Error: nothing', tool_call_id: 'c1', tool_name: 'read' },
    ]);
    expect(sent()['tools']).toEqual([{ type: 'function', function: { name: 'read', description: 'Reads.', parameters: inputSchema } }]);
  });

  it('puts each option where Ollama reads it', async () => {
    await ask({ reply: 'ok' }, { options: { keep_alive: '30m', think: false, max_tokens: 200, temperature: 0.1, stop: ['x'], seed: 3, options: { num_gpu: 1 } } });
    expect(sent()).toMatchObject({
      keep_alive: '30m',
      think: false,
      options: { num_predict: 200, temperature: 0.1, stop: ['x'], seed: 3, num_gpu: 1 },
    });
    expect(sent()).not.toHaveProperty('temperature');
    expect(sent()['options']).not.toHaveProperty('keep_alive');
  });
});

describe('the window', () => {
  const words = (tokens: number): Partial<ChatCall> => ({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'word '.repeat(tokens) }] }] });
  const sentOptions = () => sent()['options'] as Record<string, unknown>;

  it('stays as it is for short prompts', async () => {
    await ask({ reply: 'ok' }, words(500));
    expect(sentOptions()).not.toHaveProperty('num_ctx');
  });
  it('grows in powers of two, since Ollama would drop the beginning of a longer prompt', async () => {
    await ask({ reply: 'ok' }, words(6000));
    expect(sentOptions()['num_ctx']).toBe(8192);
  });
  it('grows no further than the model’s own', async () => {
    await ask({ reply: 'ok' }, words(9000), { contextTokens: 12_000 });
    expect(sentOptions()['num_ctx']).toBe(12_000);
  });
  it('is the user’s when the user says so', async () => {
    await ask({ reply: 'ok' }, { ...words(6000), options: { num_ctx: 2048 } });
    expect(sentOptions()['num_ctx']).toBe(2048);
  });
});

describe('getting a model', () => {
  async function pull(script: ModelScript, model = 'm', controller = new AbortController()): Promise<PullProgress[]> {
    server = await startModelServer({ kind: 'ollama', models: { m: script } });
    const seen: PullProgress[] = [];
    const onProgress = (progress: PullProgress) => {
      seen.push(progress);
      if (progress.bytes === 250) controller.abort();
    };
    await pullOllamaModel({ key: async () => undefined, log: recordingLog() }, { baseUrl: server.baseUrl, model }, { onProgress: script.fault?.kind === 'hang' ? onProgress : (one) => void seen.push(one), signal: controller.signal });
    return seen;
  }

  it('says how much of all its files is there', async () => {
    const seen = await pull({});
    expect(seen.map(({ bytes, totalBytes }) => [bytes, totalBytes])).toEqual([[0, 0], [50, 100], [100, 100], [250, 400], [400, 400], [400, 400], [400, 400]]);
    expect(seen.at(-1)?.status).toBe('success');
  });

  it('that is nowhere says so in Ollama’s words', async () => {
    expect(await rejection(pull({}, 'no-such-model'))).toMatchObject({ code: 'not_found', message: expect.stringContaining('file does not exist') as string });
  });

  it.each(['drop', 'no_finish'] as const)('that is broken off (%s) is not there', async (kind) => {
    expect(await rejection(pull({ fault: { kind, words: 0 } }))).toMatchObject({ code: 'cut' });
  });

  it('is given up at once', async () => {
    expect(isAbort(await rejection(pull({ fault: { kind: 'hang' } })))).toBe(true);
    await server!.aborted('/api/pull');
  });
});
