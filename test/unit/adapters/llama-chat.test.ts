import { describe, expect, it } from 'vitest';
import { createLlamaBackend } from '../../../src/adapters/llama-chat';
import type { ChatRequest, Written } from '../../../src/adapters/llama/runtime';
import type { ChatCall, FimNote } from '../../../src/router/ports';
import { candidate, chatCall, collect, fimCall, rejection } from '../../support/adapters';
import { fakeRuntime, type FakeRuntime } from '../../support/fake-runtime';

const never = new AbortController().signal;
const model = candidate({ provider: 'llama', endpoint: 'this machine', model: '/models/tiny.gguf', contextTokens: 8192 });
const END = { type: 'end', promptTokens: 40, cachedTokens: 30, writtenTokens: 4, finish: 'stop' } as const;

const writing = (...pieces: Written[]): FakeRuntime => fakeRuntime({ write: () => pieces });
const chat = (runtime: FakeRuntime, fields: Partial<ChatCall> = {}) =>
  collect(createLlamaBackend({ runtime }).chat({ ...chatCall(model), ...fields }, never));
const samplingOf = async (options: ChatCall['options'], maxOutputTokens?: number) => {
  const runtime = writing(END);
  await chat(runtime, { options, candidate: { ...model, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) } });
  return (runtime.written[0]!.request as ChatRequest).sampling;
};

describe('a chat with a file of one’s own', () => {
  it('arrives piece by piece, with model, exact usage and end', async () => {
    const events = await chat(writing({ type: 'busy' }, { type: 'thinking', text: 'hm' }, { type: 'text', text: 'Because' }, { type: 'busy' }, { type: 'text', text: ' of this.' }, END));
    expect(events).toEqual([
      { type: 'executed', model: '/models/tiny.gguf' },
      { type: 'thinking', text: 'hm' },
      { type: 'text', text: 'Because' },
      { type: 'text', text: ' of this.' },
      { type: 'usage', usage: { inputTokens: 40, outputTokens: 4, cachedInputTokens: 30 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('calls tools by ids of its own, each another', async () => {
    const call = { type: 'tool_call', name: 'read', input: { path: 'a' } } as const;
    const events = await chat(writing(call, call, { ...END, finish: 'tool_calls' }));
    const ids = events.flatMap((event) => (event.type === 'tool_call' ? [event.id] : []));
    expect(new Set(ids).size).toBe(2);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('is asked for the file in the window of the candidate, with messages and tools as they are', async () => {
    const runtime = writing(END);
    const tools = [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object' } }];
    await chat(runtime, { tools });
    expect(runtime.written).toMatchObject([
      { model: { path: '/models/tiny.gguf', use: 'writing', contextTokens: 8192 }, request: { messages: chatCall(model).messages, tools } },
    ]);
  });

  it('gets its thoughts back with the result of the tool they led to', async () => {
    const runtime = fakeRuntime({
      write: () => [{ type: 'thinking', text: 'I read it.' }, { type: 'tool_call', name: 'read', input: {} }, { ...END, finish: 'tool_calls' }],
    });
    const backend = createLlamaBackend({ runtime });
    const events = await collect(backend.chat(chatCall(model), never));
    const call = events.find((event) => event.type === 'tool_call')!;
    const messages = [...chatCall(model).messages, { role: 'assistant' as const, parts: [call] }, { role: 'tool' as const, parts: [{ type: 'tool_result' as const, id: call.id, text: 'x' }] }];
    await collect(backend.chat({ ...chatCall(model), messages }, never));
    expect((runtime.written[1]!.request as ChatRequest).messages[1]!.parts.map(({ type }) => type)).toEqual(['thinking', 'tool_call']);
  });

  it('refuses images, and to be made to call a tool, before anything is loaded', async () => {
    const runtime = writing(END);
    const image = { type: 'image', mimeType: 'image/png', data: new Uint8Array([1]) } as const;
    expect(await rejection(chat(runtime, { messages: [{ role: 'user', parts: [image] }] }))).toMatchObject({ code: 'unsupported' });
    const tools = [{ name: 'read', description: '', inputSchema: undefined }];
    expect(await rejection(chat(runtime, { toolMode: 'required', tools }))).toMatchObject({ code: 'unsupported' });
    expect(runtime.written).toEqual([]);
  });

  it('that stays silent ends at the deadline', async () => {
    const runtime = { ...fakeRuntime(), chat: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }) };
    const backend = createLlamaBackend({ runtime, deadlines: { firstTokenMs: 30 } });
    expect(await rejection(collect(backend.chat(chatCall(model), never)))).toMatchObject({ code: 'timeout' });
  });
});

describe('an option', () => {
  it.each([
    ['of OpenAI’s name is understood', { temperature: 0.2, top_p: 0.5, seed: 3, max_tokens: 200, frequency_penalty: 0.1, presence_penalty: 0.2 }, { temperature: 0.2, topP: 0.5, seed: 3, maxTokens: 200, frequencyPenalty: 0.1, presencePenalty: 0.2 }],
    ['of Ollama’s name is understood', { top_k: 5, min_p: 0.1, num_predict: 50, repeat_penalty: 1.1 }, { topK: 5, minP: 0.1, maxTokens: 50, repeatPenalty: 1.1 }],
    ['that nobody knows, or that is no number, is left out', { magic: 1, temperature: 'hot', max_tokens: -1 }, {}],
    ['stop may be one text or several', { stop: ['a', 'b', 3] }, { stop: ['a', 'b'] }],
    ['stop may be one text', { stop: '\n' }, { stop: ['\n'] }],
  ])('%s', async (_how, options, sampling) => {
    expect(await samplingOf(options)).toEqual(sampling);
  });
  it('for the length counts up to what the model may write', async () => {
    expect(await samplingOf({ max_tokens: 900 }, 300)).toEqual({ maxTokens: 300 });
    expect(await samplingOf({}, 300)).toEqual({ maxTokens: 300 });
  });
});

describe('ghost text from a file of one’s own', () => {
  it('is the likeliest text between prefix and suffix', async () => {
    const runtime = writing({ type: 'busy' }, { type: 'text', text: 'a + ' }, { type: 'text', text: 'b' }, END);
    const call = fimCall(model, { stop: ['\n'], path: 'a.ts', language: 'typescript', extra: [{ path: 'b.ts', text: 'x' }] });
    const text = await collect(createLlamaBackend({ runtime }).fim!(call, never));
    expect(text).toEqual(['a + ', 'b']);
    const { prefix, suffix, path, language, extra } = call;
    expect(runtime.written).toMatchObject([{ request: { prefix, suffix, path, language, extra, sampling: { temperature: 0, maxTokens: 32, stop: ['\n'] } } }]);
  });

  it('tells how many tokens the file’s own tokenizer counted, and sends it nothing that cannot cross to a child', async () => {
    const runtime = writing({ type: 'counted', chars: 300, tokens: 100 }, { type: 'text', text: 'a' }, END);
    const notes: FimNote[] = [];
    await collect(createLlamaBackend({ runtime }).fim!(fimCall(model, { count: true, note: (note) => notes.push(note) }), never));
    expect(notes).toEqual([{ kind: 'counted', chars: 300, tokens: 100 }]);
    expect(structuredClone(runtime.written[0]!.request)).toMatchObject({ count: true });
  });
});
