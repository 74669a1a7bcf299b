import { afterEach, describe, expect, it } from 'vitest';
import { createAnthropicBackend } from '../../../src/adapters/anthropic';
import type { Backend, ChatCall, ChatEvent, Message } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { candidate, chatCall, collect, recordingLog, rejection, textOf } from '../../support/adapters';
import { type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';

let server: ModelServer | undefined;
afterEach(async () => server?.close());

const signal = new AbortController().signal;

async function start(script: ModelScript): Promise<{ backend: Backend; asked: Candidate }> {
  server = await startModelServer({ kind: 'anthropic', models: { m: script } });
  const backend = createAnthropicBackend({ key: async () => 'sk-ant', log: recordingLog() });
  return { backend, asked: candidate({ provider: 'anthropic', endpoint: server.url, model: 'm', family: 'claude' }) };
}

async function ask(script: ModelScript, fields: Partial<ChatCall> = {}, more: Partial<Candidate> = {}): Promise<ChatEvent[]> {
  const { backend, asked } = await start(script);
  return collect(backend.chat(chatCall({ ...asked, ...more }, fields), signal));
}

const sent = () => server!.requests.at(-1)!.body;
const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const tool = { name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } };

describe('an answer of the Messages API', () => {
  it('arrives word by word, with the model that ran, usage with what was cached, and the reason for its end', async () => {
    const events = await ask({ reply: 'It fails, because x is null.', executed: 'm-20260101', usage: { input: 120, output: 7, cached: 96, written: 12 } });
    expect(textOf(events)).toBe('It fails, because x is null.');
    expect(events.filter(({ type }) => type !== 'text')).toEqual([
      { type: 'executed', model: 'm-20260101' },
      { type: 'usage', usage: { inputTokens: 120, outputTokens: 7, cachedInputTokens: 96, cacheWriteTokens: 12 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('says that usage is an estimate where the server did not count', async () => {
    const usage = (await ask({ reply: 'one two three' })).find((event) => event.type === 'usage');
    expect(usage).toMatchObject({ usage: { estimated: true, outputTokens: 4 } });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'filtered'],
    ['something_new', 'unknown'],
  ])('the reason %s is read as %s', async (finish, reason) => {
    expect((await ask({ reply: 'x', finish })).at(-1)).toEqual({ type: 'finish', reason });
  });

  it('has tool calls whole, in order and with their ids', async () => {
    const toolCalls = [
      { id: 'toolu_1', name: 'read', arguments: { path: 'a' } },
      { id: 'toolu_2', name: 'now', arguments: {} },
    ];
    const events = await ask({ reply: 'Looking.', toolCalls });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual(toolCalls.map(({ id, name, arguments: input }) => ({ type: 'tool_call', id, name, input })));
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('keeps thoughts apart from text, and their seal', async () => {
    const events = await ask({ reply: 'Yes.', thinks: 2, signature: 'seal' });
    expect(events.filter(({ type }) => type === 'thinking')).toEqual([
      { type: 'thinking', text: ' hm' },
      { type: 'thinking', text: ' hm' },
      { type: 'thinking', text: '', signature: 'seal' },
    ]);
    expect(textOf(events)).toBe('Yes.');
  });
});

describe('a request to the Messages API', () => {
  it('carries system text, turns that alternate, tool calls and their results, and marks what to cache', async () => {
    await ask(
      { reply: 'ok' },
      {
        tools: [tool],
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          user('Fix it'),
          { role: 'assistant', parts: [{ type: 'text', text: 'Reading.' }, { type: 'tool_call', id: 'c1', name: 'read', input: { path: 'a' } }, { type: 'tool_call', id: 'c2', name: 'read', input: undefined }] },
          { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: 'const a = 1' }, { type: 'tool_result', id: 'c2', text: 'exit 1', isError: true }] },
          user('go on'),
          { role: 'assistant', parts: [{ type: 'text', text: '  ' }] },
        ],
      },
    );
    expect(sent()['system']).toEqual([{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }]);
    expect(sent()['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Fix it' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 'c1', name: 'read', input: { path: 'a' } },
          { type: 'tool_use', id: 'c2', name: 'read', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: 'const a = 1' },
          { type: 'tool_result', tool_use_id: 'c2', content: 'exit 1', is_error: true },
          { type: 'text', text: 'go on', cache_control: { type: 'ephemeral' } },
        ],
      },
    ]);
  });

  it('carries images, and pays for no cache in a question that stands alone', async () => {
    const data = new Uint8Array([137, 80, 78, 71]);
    await ask({ reply: 'a cat' }, { messages: [{ role: 'user', parts: [{ type: 'text', text: 'What?' }, { type: 'image', mimeType: 'image/png', data }] }] });
    expect(sent()['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What?' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw==' } }] },
    ]);
    expect(JSON.stringify(sent())).not.toContain('cache_control');
  });

  it.each([['auto', 'auto'], ['required', 'any']] as const)('says for the tool mode %s: %s', async (toolMode, type) => {
    await ask({ reply: 'ok' }, { toolMode, tools: [tool, { name: 'now', description: '', inputSchema: undefined }] });
    expect(sent()['tool_choice']).toEqual({ type });
    expect(sent()['tools']).toEqual([
      { name: 'read', description: 'Reads.', input_schema: tool.inputSchema },
      { name: 'now', input_schema: { type: 'object' } },
    ]);
  });

  it('names the tools of the history where none is offered any more, but lets none be called', async () => {
    await ask({ reply: 'ok' }, {
      messages: [user('a'), { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'read', input: {} }] }, { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: '' }] }],
    });
    expect(sent()).toMatchObject({ tools: [{ name: 'read' }], tool_choice: { type: 'none' } });
  });

  it('carries options in its own words, and none that it does not know', async () => {
    await ask({ reply: 'ok' }, { options: { max_tokens: 99, stop: ['END', ' '], seed: 7, _correlation: 'x', model: 'other', reasoning_effort: 'low', parallel_tool_calls: false }, tools: [tool] });
    expect(sent()).toMatchObject({ model: 'm', max_tokens: 99, stop_sequences: ['END'], output_config: { effort: 'low' }, tool_choice: { type: 'auto', disable_parallel_tool_use: true } });
    expect(Object.keys(sent()).sort()).toEqual(['max_tokens', 'messages', 'model', 'output_config', 'stop_sequences', 'stream', 'tool_choice', 'tools']);
  });

  it.each([
    [{}, 16_384],
    [{ maxOutputTokens: 64_000 }, 64_000],
    [{ maxOutputTokens: 64_000, contextTokens: 20_000 }, 19_989],
    [{ contextTokens: 100 }, 256],
  ])('asks of a model with %j for at most %i tokens', async (known, tokens) => {
    await ask({ reply: 'ok' }, {}, known);
    expect(sent()['max_tokens']).toBe(tokens);
  });

  it('carries the key as a bearer token, the version of its form, and no header of the package or the environment', async () => {
    process.env['ANTHROPIC_CUSTOM_HEADERS'] = 'x-secret: 1';
    process.env['ANTHROPIC_AUTH_TOKEN'] = 'from-the-environment';
    await ask({ reply: 'ok' }).finally(() => {
      for (const name of ['ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_AUTH_TOKEN']) Reflect.deleteProperty(process.env, name);
    });
    const { headers } = server!.requests[0]!;
    const ofFetch = ['host', 'connection', 'accept-language', 'sec-fetch-mode', 'accept-encoding', 'content-length'];
    expect(Object.keys(headers).filter((name) => !ofFetch.includes(name)).sort()).toEqual(['accept', 'anthropic-version', 'authorization', 'content-type', 'user-agent']);
    expect(headers.authorization).toBe('Bearer sk-ant');
  });
});

describe('temperature', () => {
  it('goes along in the form of a request that knows it', async () => {
    await ask({ reply: 'ok' }, { options: { temperature: 0.2, top_p: 0.9 } });
    expect(sent()).toMatchObject({ temperature: 0.2, top_p: 0.9 });
    expect(server!.requests[0]!.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-ant' });
  });

  it('is left out for a model that refuses it, which is asked only once', async () => {
    const { backend, asked } = await start({ reply: 'fine', fault: { kind: 'refuse_options', names: ['temperature'] } });
    const call = chatCall(asked, { options: { temperature: 0.2 } });
    expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(server!.requests.map(({ body }) => 'temperature' in body)).toEqual([true, false, false]);
  });
});

describe('thoughts', () => {
  const calls = [{ id: 'toolu_1', name: 'read', arguments: { path: 'a' } }];
  /** As VS Code gives an answer back: without the thoughts. */
  const history: Message[] = [
    user('Why?'),
    { role: 'assistant', parts: [{ type: 'text', text: 'Looking.' }, { type: 'tool_call', id: 'toolu_1', name: 'read', input: { path: 'a' } }] },
    { role: 'tool', parts: [{ type: 'tool_result', id: 'toolu_1', text: 'x' }] },
  ];

  it('that led to a tool call go back with its result, sealed and unchanged', async () => {
    const { backend, asked } = await start({ reply: 'Looking.', thinks: 2, signature: 'seal', toolCalls: calls });
    await collect(backend.chat(chatCall(asked), signal));
    await collect(backend.chat(chatCall(asked, { messages: history, tools: [tool] }), signal));
    expect((sent()['messages'] as { content: unknown }[])[1]!.content).toEqual([
      { type: 'thinking', thinking: ' hm hm', signature: 'seal' },
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } },
    ]);
  });

  it('go to no other model', async () => {
    const { backend, asked } = await start({ reply: 'x', thinks: 1, toolCalls: calls });
    await collect(backend.chat(chatCall(asked), signal));
    server!.setModels({ other: { reply: 'x' } });
    await collect(backend.chat(chatCall({ ...asked, model: 'other' }, { messages: history, tools: [tool] }), signal));
    expect(JSON.stringify(sent())).not.toContain('hm');
  });

  it.each([
    ['sealed by this family', { family: 'claude', signature: 's', text: 'a' }, [{ type: 'thinking', thinking: 'a', signature: 's' }]],
    ['encrypted', { family: 'claude', signature: 's', text: '', redacted: true }, [{ type: 'redacted_thinking', data: 's' }]],
    ['without a seal', { family: 'claude', text: 'a' }, []],
    ['of another family', { family: 'gpt', signature: 's', text: 'a' }, []],
  ])('in the history that are %s go along if they are accepted', async (_name, thought, expected) => {
    await ask({ reply: 'x' }, { messages: [user('a'), { role: 'assistant', parts: [{ type: 'thinking', ...thought }, { type: 'text', text: 'b' }] }, user('c')] });
    expect((sent()['messages'] as { content: unknown[] }[])[1]!.content).toEqual([...expected, { type: 'text', text: 'b' }]);
  });

  it('are not asked for where the request would be refused: a tool loop that lost them, or a tool that must be called', async () => {
    const options = { thinking: { type: 'enabled', budget_tokens: 2048 } };
    await ask({ reply: 'x' }, { options });
    expect(sent()).toHaveProperty('thinking');
    await server!.close();
    await ask({ reply: 'x' }, { options, messages: history, tools: [tool] });
    expect(sent()).not.toHaveProperty('thinking');
    await server!.close();
    await ask({ reply: 'x' }, { options, tools: [tool], toolMode: 'required' });
    expect(sent()).not.toHaveProperty('thinking');
  });
});

describe('a request that is refused', () => {
  const requests = (...present: string[]) => server!.requests.map(({ body }) => present.filter((text) => JSON.stringify(body).includes(text)));

  it('goes on without forcing a tool where the model may not be forced, which is asked only once', async () => {
    const { backend, asked } = await start({ reply: 'fine', fault: { kind: 'refuse_options', names: ['any'] } });
    const call = chatCall(asked, { tools: [tool], toolMode: 'required' });
    for (let count = 0; count < 2; count += 1) expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(requests('"any"')).toEqual([['"any"'], [], []]);
  });

  it('goes on without earlier thoughts, and tries them again in another conversation', async () => {
    const { backend, asked } = await start({ reply: 'fine', fault: { kind: 'refuse_options', names: ['thinking'] } });
    const thought = { type: 'thinking', text: 'a', signature: 's' } as const;
    const call = chatCall(asked, { messages: [user('a'), { role: 'assistant', parts: [thought, { type: 'text', text: 'b' }] }, user('c')] });
    for (let count = 0; count < 2; count += 1) expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(requests('"signature"')).toEqual([['"signature"'], [], ['"signature"'], []]);
  });

  it('for another reason is an error, after nothing is left to do without', async () => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long' } };
    const { backend, asked } = await start({ fault: { kind: 'status', status: 400, body } });
    const error = await rejection(collect(backend.chat(chatCall(asked, { tools: [tool], toolMode: 'required', options: { temperature: 0 } }), signal)));
    expect(error).toMatchObject({ code: 'bad_request', message: expect.stringContaining('prompt is too long') as string });
    expect(requests('"any"', '"temperature"')).toEqual([['"any"', '"temperature"'], ['"any"'], []]);
  });
});

describe('errors of the Messages API', () => {
  const envelope = (type: string) => ({ type: 'error', error: { type, message: 'Nope.' } });
  it.each([
    [401, 'authentication_error', 'unauthorized'],
    [402, 'billing_error', 'quota'],
    [404, 'not_found_error', 'not_found'],
    [413, 'request_too_large', 'bad_request'],
    [429, 'rate_limit_error', 'rate_limited'],
    [500, 'api_error', 'server'],
    [504, 'timeout_error', 'server'],
    [529, 'overloaded_error', 'server'],
  ])('%i with %s is %s', async (status, type, code) => {
    expect(await rejection(ask({ fault: { kind: 'status', status, body: envelope(type), retryAfter: '3' } }))).toMatchObject({ code, status, retryAfterMs: 3000 });
    expect(server!.requests).toHaveLength(1);
  });

  it.each([
    ['overloaded_error', 'server'],
    ['rate_limit_error', 'rate_limited'],
    ['invalid_request_error', 'bad_request'],
  ])('inside a stream, %s is %s', async (type, code) => {
    expect(await rejection(ask({ reply: 'one two', fault: { kind: 'error_event', words: 1, error: { type, message: 'Nope.' } } }))).toMatchObject({ code });
  });

  it('a prompt that is too long says what to do', async () => {
    expect(await rejection(ask({ fault: { kind: 'status', status: 413, body: envelope('request_too_large') } }))).toMatchObject({ message: expect.stringContaining('larger window') as string });
  });
});
