import { afterEach, describe, expect, it } from 'vitest';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import type { ChatCall, ChatEvent } from '../../../src/router/ports';
import { sleep } from '../../../src/shared/abort';
import { candidate, chatCall, collect, recordingLog, textOf } from '../../support/adapters';
import { type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';

let server: ModelServer | undefined;
afterEach(async () => server?.close());

const signal = new AbortController().signal;

async function ask(script: ModelScript, fields: Partial<ChatCall> | string = {}): Promise<ChatEvent[]> {
  server = await startModelServer({ models: { m: script } });
  const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
  return collect(backend.chat(chatCall(candidate({ endpoint: server.baseUrl, model: 'm' }), fields), signal));
}

const sent = () => server!.requests.at(-1)!.body;

describe('a streamed chat completion', () => {
  it('arrives word by word, with the model that ran, usage with cached tokens, and the reason for its end', async () => {
    const events = await ask({ reply: 'It fails, because x is null.', executed: 'm-2026', usage: { input: 120, output: 7, cached: 96 } });
    expect(textOf(events)).toBe('It fails, because x is null.');
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(6);
    expect(events.filter(({ type }) => type !== 'text')).toEqual([
      { type: 'executed', model: 'm-2026' },
      { type: 'usage', usage: { inputTokens: 120, outputTokens: 7, cachedInputTokens: 96 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('keeps text apart from thoughts, and a thinking model is not an empty answer', async () => {
    const events = await ask({ reply: 'Yes.', thinks: 2 });
    expect(textOf(events)).toBe('Yes.');
    expect(events.filter(({ type }) => type === 'thinking')).toEqual([{ type: 'thinking', text: ' hm' }, { type: 'thinking', text: ' hm' }]);
  });

  it('has the content of Mistral’s thinking models, which comes in pieces of several kinds', async () => {
    const events = await ask({ reply: 'Yes.', thinks: 1, thinksIn: 'content' });
    expect(events.filter(({ type }) => type === 'thinking' || type === 'text')).toEqual([{ type: 'thinking', text: ' hm' }, { type: 'text', text: 'Yes.' }]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'filtered'],
    ['something_new', 'unknown'],
  ])('the reason %s is read as %s', async (finish, reason) => {
    expect((await ask({ reply: 'x', finish })).at(-1)).toEqual({ type: 'finish', reason });
  });

  it('may end with [DONE] alone', async () => {
    expect((await ask({ reply: 'x y', onlyDone: true })).at(-1)).toEqual({ type: 'finish', reason: 'unknown' });
  });

  it('may be empty when the answer grew too long while thinking', async () => {
    expect((await ask({ finish: 'length', thinks: 2 })).at(-1)).toEqual({ type: 'finish', reason: 'length' });
  });
});

describe('tool calls', () => {
  const calls = [
    { id: 'call_1', name: 'read_file', arguments: { path: 'src/a.ts', lines: [1, 2] } },
    { id: 'call_2', name: 'search', arguments: {} },
  ];
  it.each(['openai', 'whole_without_index'] as const)('come whole, in order and with their ids, however they are cut (%s)', async (toolStyle) => {
    const events = await ask({ reply: 'Let me look.', toolCalls: calls, toolStyle });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual(
      calls.map(({ id, name, arguments: input }) => ({ type: 'tool_call', id, name, input })),
    );
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('get ids of their own where the server gives none', async () => {
    const nameless = calls.map(({ name, arguments: input }) => ({ name, arguments: input }));
    for (const toolStyle of ['openai', 'whole_without_index'] as const) {
      const events = (await ask({ toolCalls: nameless, toolStyle })).filter((event) => event.type === 'tool_call');
      await server?.close();
      expect(events.map(({ name }) => name)).toEqual(['read_file', 'search']);
      expect(new Set(events.map(({ id }) => id)).size).toBe(2);
      expect(events[0]?.id).toMatch(/^call_\w+$/u);
    }
  });

  it('count as the reason for the end even when the server says stop', async () => {
    expect((await ask({ toolCalls: calls, finish: 'stop' })).at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('with arguments that are no JSON are an error that names the tool', async () => {
    await expect(ask({ toolCalls: [{ id: 'x', name: 'edit', arguments: '{"path": ' }] })).rejects.toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('edit') as string,
    });
  });
});

describe('thoughts that led to a tool call', () => {
  it.each(['reasoning_content', 'reasoning'] as const)('go back in the field they came in: %s', async (thinksIn) => {
    const call = { id: 'call_1', name: 'read', arguments: {} };
    server = await startModelServer({ models: { m: { thinks: 2, thinksIn, toolCalls: [call] } } });
    const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
    const asked = candidate({ endpoint: server.baseUrl, model: 'm' });
    await collect(backend.chat(chatCall(asked), signal));
    const messages: ChatCall['messages'] = [
      { role: 'user', parts: [{ type: 'text', text: 'a' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'read', input: {} }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'call_1', text: 'x' }] },
    ];
    await collect(backend.chat(chatCall(asked, { messages }), signal));
    expect((sent()['messages'] as object[])[1]).toMatchObject({ role: 'assistant', [thinksIn]: ' hm hm' });
  });

  it('do not go along where the server was never seen to think', async () => {
    const messages: ChatCall['messages'] = [{ role: 'assistant', parts: [{ type: 'thinking', text: 'hm' }, { type: 'text', text: 'a' }] }];
    await ask({ reply: 'ok' }, { messages });
    expect(sent()['messages']).toEqual([{ role: 'assistant', content: 'a' }]);
  });
});

describe('the request', () => {
  it('carries system text, turns, tool calls and their results with ids', async () => {
    await ask(
      { reply: 'ok' },
      {
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          { role: 'user', parts: [{ type: 'text', text: 'Fix ' }, { type: 'text', text: 'it' }] },
          {
            role: 'assistant',
            parts: [{ type: 'text', text: 'Reading.' }, { type: 'tool_call', id: 'c1', name: 'read', input: { path: 'a' } }, { type: 'tool_call', id: 'c2', name: 'run', input: undefined }],
          },
          { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: 'const a = 1' }, { type: 'tool_result', id: 'c2', text: 'exit 1', isError: true }] },
          { role: 'user', parts: [{ type: 'tool_result', id: 'c3', text: 'late' }, { type: 'text', text: 'go on' }] },
        ],
      },
    );
    expect(sent()['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Fix it' },
      {
        role: 'assistant',
        content: 'Reading.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
          { id: 'c2', type: 'function', function: { name: 'run', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'const a = 1' },
      { role: 'tool', tool_call_id: 'c2', content: 'Error: exit 1' },
      { role: 'tool', tool_call_id: 'c3', content: 'late' },
      { role: 'user', content: 'go on' },
    ]);
  });

  it('carries images as data URLs beside their text', async () => {
    const data = new Uint8Array([137, 80, 78, 71]).subarray(1);
    await ask({ reply: 'a cat' }, { messages: [{ role: 'user', parts: [{ type: 'text', text: 'What?' }, { type: 'image', mimeType: 'image/png', data }] }] });
    expect(sent()['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,UE5H' } }] },
    ]);
  });

  it.each(['auto', 'required'] as const)('carries tools and the tool mode %s', async (toolMode) => {
    const inputSchema = { type: 'object', properties: { path: { type: 'string' } } };
    await ask({ reply: 'ok' }, { toolMode, tools: [{ name: 'read', description: 'Reads.', inputSchema }, { name: 'now', description: 'Time.', inputSchema: undefined }] });
    expect(sent()['tool_choice']).toBe(toolMode);
    expect(sent()['tools']).toEqual([
      { type: 'function', function: { name: 'read', description: 'Reads.', parameters: inputSchema } },
      { type: 'function', function: { name: 'now', description: 'Time.', parameters: { type: 'object', properties: {} } } },
    ]);
  });

  it('says nothing of tools when there are none', async () => {
    await ask({ reply: 'ok' });
    expect(sent()).not.toHaveProperty('tools');
    expect(sent()).not.toHaveProperty('tool_choice');
  });

  it('carries options as they are, but none that would replace what the router decided', async () => {
    await ask({ reply: 'ok' }, { options: { temperature: 0.2, seed: 7, stop: ['\n'], top_k: 5, model: 'other', stream: false, messages: [] } });
    expect(sent()).toMatchObject({ temperature: 0.2, seed: 7, stop: ['\n'], top_k: 5, model: 'm', stream: true });
    expect(sent()['messages']).toHaveLength(1);
  });

  it('says the limit of an answer by the name most servers know', async () => {
    await ask({ reply: 'ok' }, { options: { max_completion_tokens: 50, _correlation: 'x' } });
    expect(sent()).toMatchObject({ max_tokens: 50 });
    expect(sent()).not.toHaveProperty('max_completion_tokens');
    expect(sent()).not.toHaveProperty('_correlation');
  });

  it('leaves out an option that the model refuses, and uses the newer name of the limit', async () => {
    server = await startModelServer({ models: { m: { reply: 'fine', fault: { kind: 'refuse_options', names: ['temperature', 'max_tokens'] } } } });
    const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
    const call = chatCall(candidate({ endpoint: server.baseUrl, model: 'm' }), { options: { temperature: 0, max_tokens: 50, top_p: 1 } });
    for (let count = 0; count < 2; count += 1) expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(server.requests).toHaveLength(4);
    expect(sent()).toMatchObject({ top_p: 1, max_completion_tokens: 50 });
    expect(sent()).not.toHaveProperty('temperature');
  });

  it('to Azure’s address of a deployment carries the version and the key as Azure wants them', async () => {
    server = await startModelServer({ models: { m: { reply: 'ok' } } });
    const backend = createOpenAiBackend({ key: async () => 'azure-key', log: recordingLog() });
    await collect(backend.chat(chatCall(candidate({ endpoint: server.baseUrl, model: 'm', apiVersion: '2025-04-01-preview' })), signal));
    const { path, headers } = server.requests[0]!;
    expect(path).toBe('/v1/chat/completions?api-version=2025-04-01-preview');
    expect(headers).toMatchObject({ 'api-key': 'azure-key' });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('carries no header but the few that are needed', async () => {
    process.env['OPENAI_CUSTOM_HEADERS'] = 'x-secret: 1';
    process.env['OPENAI_API_KEY'] = 'sk-from-the-environment';
    process.env['OPENAI_ORG_ID'] = 'org-from-the-environment';
    await ask({ reply: 'ok' }).finally(() => {
      for (const name of ['OPENAI_CUSTOM_HEADERS', 'OPENAI_API_KEY', 'OPENAI_ORG_ID']) Reflect.deleteProperty(process.env, name);
    });
    const ofFetch = ['host', 'connection', 'accept-language', 'sec-fetch-mode', 'accept-encoding', 'content-length'];
    const names = Object.keys(server!.requests[0]!.headers).filter((name) => !ofFetch.includes(name));
    expect(names.sort()).toEqual(['accept', 'content-type', 'user-agent']);
  });

  it.each([0, 40])('uses one connection for several answers, even when they end %i ms after their last event', async (lateEndMs) => {
    server = await startModelServer({ models: { m: { reply: 'one two three', lateEndMs } } });
    const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
    const asked = candidate({ endpoint: server.baseUrl, model: 'm' });
    for (let count = 0; count < 3; count += 1) {
      await collect(backend.chat(chatCall(asked), signal));
      await sleep(20, signal);
    }
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });
});

describe('usage', () => {
  it('is asked for', async () => {
    await ask({ reply: 'ok' });
    expect(sent()['stream_options']).toEqual({ include_usage: true });
  });

  it('is estimated where the server does not count, and says so', async () => {
    const usage = (await ask({ reply: 'one two three' })).find((event) => event.type === 'usage');
    expect(usage).toMatchObject({ usage: { estimated: true, inputTokens: expect.any(Number) as number, outputTokens: 4 } });
  });

  it('is given up for a server that refuses the question, which is asked only once', async () => {
    server = await startModelServer({ models: { m: { reply: 'fine', fault: { kind: 'refuse_stream_options' } } } });
    const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
    const asked = candidate({ endpoint: server.baseUrl, model: 'm' });
    expect(textOf(await collect(backend.chat(chatCall(asked), signal)))).toBe('fine');
    expect(textOf(await collect(backend.chat(chatCall(asked), signal)))).toBe('fine');
    expect(server.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
  });

  it.each([
    ['another parameter', { message: 'x', param: 'temperature' }, 1],
    ['a prompt that is too long', { message: 'x', code: 'context_length_exceeded' }, 1],
    ['something it does not name', { message: 'x' }, 2],
  ])('is asked for again when the server refuses %s', async (_name, error, requests) => {
    const fault = { kind: 'status', status: 400, body: { error } } as const;
    await expect(ask({ fault })).rejects.toMatchObject({ code: 'bad_request', status: 400 });
    expect(server!.requests).toHaveLength(requests);
  });
});
