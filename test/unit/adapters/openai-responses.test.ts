import { afterEach, describe, expect, it } from 'vitest';
import { createOpenAiBackend } from '../../../src/adapters/openai';
import type { Backend, ChatCall, ChatEvent, Message } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { candidate, chatCall, collect, recordingLog, rejection, textOf } from '../../support/adapters';
import { type ModelScript, type ModelServer, type ServerKind, startModelServer } from '../../support/openai-server';

let server: ModelServer | undefined;
afterEach(async () => server?.close());

const signal = new AbortController().signal;

async function start(script: ModelScript, kind: ServerKind = 'openai'): Promise<{ backend: Backend; asked: Candidate }> {
  server = await startModelServer({ kind, models: { m: script } });
  const backend = createOpenAiBackend({ key: async () => undefined, log: recordingLog() });
  return { backend, asked: candidate({ endpoint: server.baseUrl, model: 'm', api: 'responses', capabilities: ['thinking'], family: 'gpt' }) };
}

async function ask(script: ModelScript, fields: Partial<ChatCall> = {}, more: Partial<Candidate> = {}): Promise<ChatEvent[]> {
  const { backend, asked } = await start(script);
  return collect(backend.chat(chatCall({ ...asked, ...more }, fields), signal));
}

const sent = () => server!.requests.at(-1)!.body;
const paths = () => server!.requests.map(({ path }) => path);
const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const tool = { name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } };

describe('an answer of the Responses API', () => {
  it('arrives word by word, with the model that ran, usage with cached tokens, and the reason for its end', async () => {
    const events = await ask({ reply: 'It fails, because x is null.', executed: 'm-2026-01-01', usage: { input: 120, output: 7, cached: 96 } });
    expect(textOf(events)).toBe('It fails, because x is null.');
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(6);
    expect(events.filter(({ type }) => type !== 'text')).toEqual([
      { type: 'executed', model: 'm-2026-01-01' },
      { type: 'usage', usage: { inputTokens: 120, outputTokens: 7, cachedInputTokens: 96 } },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(paths()).toEqual(['/v1/responses']);
  });

  it.each([
    ['length', 'length'],
    ['content_filter', 'filtered'],
  ])('that was not completed by %s says so', async (finish, reason) => {
    expect((await ask({ reply: 'x', finish })).at(-1)).toEqual({ type: 'finish', reason });
  });

  it('has tool calls whole, in order and with the ids that results go by', async () => {
    const toolCalls = [
      { id: 'call_1', name: 'read', arguments: { path: 'a' } },
      { id: 'call_2', name: 'now', arguments: {} },
    ];
    const events = await ask({ reply: 'Looking.', toolCalls });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual(toolCalls.map(({ id, name, arguments: input }) => ({ type: 'tool_call', id, name, input })));
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  it('keeps thoughts apart from text, with the name and the seal they go back by', async () => {
    const events = await ask({ reply: 'Yes.', thinks: 2, signature: 'encrypted' });
    expect(events.filter(({ type }) => type === 'thinking')).toEqual([
      { type: 'thinking', text: ' hm' },
      { type: 'thinking', text: ' hm' },
      { type: 'thinking', text: '', signature: 'encrypted', id: 'rs_1' },
    ]);
    expect(textOf(events)).toBe('Yes.');
  });

  it('with arguments that are no JSON is an error that names the tool', async () => {
    expect(await rejection(ask({ toolCalls: [{ id: 'x', name: 'edit', arguments: '{"path": ' }] }))).toMatchObject({ code: 'malformed', message: expect.stringContaining('edit') as string });
  });

  it.each([
    ['rate_limit_exceeded', 'rate_limited'],
    ['server_error', 'server'],
    ['context_length_exceeded', 'bad_request'],
  ])('that reports %s is %s', async (code, expected) => {
    const error = { code, message: 'Nope.' };
    expect(await rejection(ask({ reply: 'one two', fault: { kind: 'error_event', words: 1, error } }))).toMatchObject({ code: expected });
  });
});

describe('a request to the Responses API', () => {
  it('carries system text, turns, thoughts, calls and results as items, in order', async () => {
    await ask(
      { reply: 'ok' },
      {
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          user('Fix it'),
          {
            role: 'assistant',
            parts: [
              { type: 'thinking', text: 'hm', signature: 'sealed', id: 'rs_9', family: 'gpt' },
              { type: 'text', text: 'Reading.' },
              { type: 'tool_call', id: 'c1', name: 'read', input: { path: 'a' } },
              { type: 'thinking', text: 'foreign', signature: 'x', family: 'claude' },
            ],
          },
          { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', text: 'exit 1', isError: true }] },
          user('go on'),
        ],
      },
    );
    expect(sent()['input']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Fix it' },
      { type: 'reasoning', id: 'rs_9', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sealed' },
      { role: 'assistant', content: 'Reading.' },
      { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{"path":"a"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'Error: exit 1' },
      { role: 'user', content: 'go on' },
    ]);
    expect(sent()).toMatchObject({ model: 'm', store: false, stream: true });
  });

  it('carries images beside their text', async () => {
    await ask({ reply: 'a cat' }, { messages: [{ role: 'user', parts: [{ type: 'text', text: 'What?' }, { type: 'image', mimeType: 'image/png', data: new Uint8Array([80, 78, 71]) }] }] });
    expect(sent()['input']).toEqual([
      { role: 'user', content: [{ type: 'input_text', text: 'What?' }, { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,UE5H' }] },
    ]);
  });

  it.each(['auto', 'required'] as const)('carries tools and the tool mode %s', async (toolMode) => {
    await ask({ reply: 'ok' }, { toolMode, tools: [tool] });
    expect(sent()).toMatchObject({ tool_choice: toolMode, tools: [{ type: 'function', name: 'read', description: 'Reads.', parameters: tool.inputSchema, strict: false }] });
  });

  it('carries options in its own words, and none that it does not know', async () => {
    const schema = { type: 'json_schema', json_schema: { name: 'n', schema: {} } };
    await ask({ reply: 'ok' }, { options: { max_tokens: 99, temperature: 0.2, reasoning_effort: 'low', response_format: schema, verbosity: 'low', top_k: 5, _id: 'x', store: true } }, { capabilities: [] });
    const { input, model, stream, store, ...rest } = sent();
    expect(rest).toEqual({ max_output_tokens: 99, temperature: 0.2, reasoning: { effort: 'low' }, text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' } });
    expect({ model, stream, store }).toEqual({ model: 'm', stream: true, store: false });
    expect(input).toHaveLength(1);
  });

  it('asks a model that thinks for its thoughts, and no other', async () => {
    await ask({ reply: 'ok' });
    expect(sent()).toMatchObject({ include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' } });
    await server!.close();
    await ask({ reply: 'ok' }, {}, { capabilities: [] });
    expect(sent()).not.toHaveProperty('include');
  });

  it('gives thoughts that led to a tool call back with its result', async () => {
    const { backend, asked } = await start({ reply: 'Looking.', thinks: 1, signature: 'seal', toolCalls: [{ id: 'call_1', name: 'read', arguments: {} }] });
    await collect(backend.chat(chatCall(asked), signal));
    const history: Message[] = [
      user('Why?'),
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'read', input: {} }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'call_1', text: 'x' }] },
    ];
    await collect(backend.chat(chatCall(asked, { messages: history }), signal));
    expect((sent()['input'] as { type?: string }[]).map(({ type }) => type)).toEqual([undefined, 'reasoning', 'function_call', 'function_call_output']);
  });
});

describe('what a server refuses', () => {
  it.each([
    ['an option', ['temperature'], { temperature: 0.2 }],
    ['several, one after the other', ['temperature', 'include'], { temperature: 0.2 }],
  ])('is left out and not tried again: %s', async (_name, names, options) => {
    const { backend, asked } = await start({ reply: 'fine', fault: { kind: 'refuse_options', names } });
    const call = chatCall(asked, { options });
    for (let count = 0; count < 2; count += 1) expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(server!.requests).toHaveLength(names.length + 2);
    expect(names.filter((name) => name in sent())).toEqual([]);
  });

  it('stays an error where nothing can be left out', async () => {
    const error = { message: 'x', param: 'input', code: 'invalid_value' };
    expect(await rejection(ask({ fault: { kind: 'status', status: 400, body: { error } } }))).toMatchObject({ code: 'bad_request' });
    expect(server!.requests).toHaveLength(1);
  });
});

describe('a server without Responses', () => {
  it('is asked by chat completions instead, from then on', async () => {
    const { backend, asked } = await start({ reply: 'fine' }, 'vllm');
    const call = chatCall({ ...asked, api: 'prefer-responses' });
    for (let count = 0; count < 2; count += 1) expect(textOf(await collect(backend.chat(call, signal)))).toBe('fine');
    expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
  });

  it('is an error where the user wants Responses', async () => {
    const { backend, asked } = await start({ reply: 'fine' }, 'vllm');
    expect(await rejection(collect(backend.chat(chatCall(asked), signal)))).toMatchObject({ code: 'not_found' });
    expect(paths()).toEqual(['/v1/responses']);
  });

  it('is not suspected when only the model is unknown', async () => {
    const { backend, asked } = await start({ reply: 'fine' });
    const call = chatCall({ ...asked, model: 'other', api: 'prefer-responses' });
    expect(await rejection(collect(backend.chat(call, signal)))).toMatchObject({ code: 'not_found' });
    expect(paths()).toEqual(['/v1/responses']);
  });

  it.each([{ stop: ['END'] }, { seed: 7 }])('is not needed for what Responses does not know: %j', async (options) => {
    await ask({ reply: 'ok' }, { options }, { api: 'prefer-responses' });
    expect(paths()).toEqual(['/v1/chat/completions']);
    expect(sent()).toMatchObject(options);
  });
});
