import { afterEach, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/adapters/ollama';
import type { ChatCall, ChatEvent } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { candidate, chatCall, collect, recordingLog, textOf } from '../../support/adapters';
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
  const words = (tokens: number): Partial<ChatCall> => ({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'abcd'.repeat(tokens) }] }] });
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
