// What must arrive whole, by every protocol: text, tools, images, options, usage, the model that ran, thoughts.
import { afterEach, describe, expect, it } from 'vitest';
import type { ChatCall, ChatEvent, Message } from '../../../src/router/ports';
import type { Candidate } from '../../../src/router/types';
import { chatCall, collect, recordingLog, textOf } from '../../support/adapters';
import { type ModelScript, type ModelServer, startModelServer } from '../../support/openai-server';
import { type Provider, PROVIDERS } from '../../support/providers';

let server: ModelServer;
afterEach(async () => server.close());

const signal = new AbortController().signal;
const sent = () => JSON.stringify(server.requests.at(-1)!.body);
const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const tool = { name: 'read_file', description: 'Reads a file.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } };

async function ask({ kind, create, asked }: Provider, script: ModelScript, fields: Partial<ChatCall> = {}, more: Partial<Candidate> = {}): Promise<ChatEvent[]> {
  server = await startModelServer({ kind, models: { m: script } });
  const backend = create({ key: async () => 'sk-test', log: recordingLog() });
  return collect(backend.chat(chatCall({ ...asked(server), ...more }, fields), signal));
}

describe.each(PROVIDERS)('by the protocol of $name', (provider) => {
  it('text arrives as it is written, piece by piece, with nothing added', async () => {
    const reply = 'Erstens “das”, 二番目 🙂 and\n```ts\nconst a = 1;\n```';
    const events = await ask(provider, { reply });
    expect(textOf(events)).toBe(reply);
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(3);
    expect(server.requests.map(({ path }) => path)).toEqual([provider.chatPath]);
  });

  it('the model that ran and the tokens it took are the server’s own word', async () => {
    const events = await ask(provider, { reply: 'x', executed: 'm-another', usage: { input: 120, output: 7 } });
    expect(events).toContainEqual({ type: 'executed', model: 'm-another' });
    const usage = events.find((event) => event.type === 'usage')?.usage;
    expect(usage).toMatchObject({ inputTokens: 120, outputTokens: 7 });
    expect(usage).not.toHaveProperty('estimated');
  });

  it('tokens that nobody counted are an estimate and say so', async () => {
    const usage = (await ask(provider, { reply: 'one two three four' })).find((event) => event.type === 'usage')?.usage;
    expect(usage).toMatchObject({ estimated: true });
    expect(usage!.inputTokens).toBeGreaterThan(5);
    expect(usage!.outputTokens).toBeGreaterThan(3);
  });

  it.each([
    ['stop', 'end_turn', 'stop'],
    ['length', 'max_tokens', 'length'],
  ] as const)('the end by %s is known', async (finish, anthropic, reason) => {
    const events = await ask(provider, { reply: 'x', finish: provider.kind === 'anthropic' ? anthropic : finish });
    expect(events.at(-1)).toEqual({ type: 'finish', reason });
  });

  it('a tool call arrives whole, with its id, and its result goes back under the same id', async () => {
    const call = { id: 'call_1', name: 'read_file', arguments: { path: 'src/ä.ts', lines: [1, 2] } };
    const events = await ask(provider, { reply: 'Let me look.', toolCalls: [call, { ...call, id: 'call_2' }] }, { tools: [tool] });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual([
      { type: 'tool_call', id: 'call_1', name: 'read_file', input: call.arguments },
      { type: 'tool_call', id: 'call_2', name: 'read_file', input: call.arguments },
    ]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    const parts = events.flatMap((event) => (event.type === 'tool_call' ? [event] : []));
    await server.close();
    await ask(provider, { reply: 'ok' }, {
      tools: [tool],
      messages: [user('Why?'), { role: 'assistant', parts }, { role: 'tool', parts: parts.map(({ id }) => ({ type: 'tool_result', id, text: `result of ${id}` })) }],
    });
    for (const word of ['call_1', 'call_2', 'result of call_1', 'result of call_2', 'src/ä.ts', 'Reads a file.']) expect(sent()).toContain(word);
  });

  it('an image goes along as it is', async () => {
    const data = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 255]);
    await ask(provider, { reply: 'a cat' }, { messages: [{ role: 'user', parts: [{ type: 'text', text: 'What is it?' }, { type: 'image', mimeType: 'image/png', data }] }] });
    expect(sent()).toContain(Buffer.from(data).toString('base64'));
    expect(sent()).toContain('What is it?');
  });

  it('system text and all turns go along, in order', async () => {
    const messages: Message[] = [
      { role: 'system', parts: [{ type: 'text', text: 'word-1' }] },
      user('word-2'),
      { role: 'assistant', parts: [{ type: 'text', text: 'word-3' }] },
      user('word-4'),
    ];
    await ask(provider, { reply: 'ok' }, { messages });
    // Anthropic's system text stands beside the turns.
    const { system = '', messages: turns = [], input = [] } = server.requests[0]!.body;
    expect(JSON.stringify([system, turns, input]).match(/word-\d/gu)).toEqual(['word-1', 'word-2', 'word-3', 'word-4']);
  });

  it('the limit of an answer and the temperature go along', async () => {
    await ask(provider, { reply: 'ok' }, { options: { max_tokens: 321, temperature: 0.25 } });
    expect(sent()).toContain('321');
    expect(sent()).toContain('"temperature":0.25');
  });

  it('thoughts are no text, and those that led to a tool call go back with its result', async () => {
    const toolCalls = [{ id: 'call_1', name: 'read_file', arguments: {} }];
    server = await startModelServer({ kind: provider.kind, models: { m: { reply: 'Looking.', thinks: 3, toolCalls } } });
    const backend = provider.create({ key: async () => undefined, log: recordingLog() });
    const asked = { ...provider.asked(server), capabilities: ['tools', 'thinking'] as const };
    const events = await collect(backend.chat(chatCall(asked), signal));
    expect(textOf(events)).toBe('Looking.');
    expect(events.map((event) => (event.type === 'thinking' ? event.text : '')).join('')).toBe(' hm hm hm');
    const history: Message[] = [
      user('Why?'),
      { role: 'assistant', parts: [{ type: 'text', text: 'Looking.' }, { type: 'tool_call', id: 'call_1', name: 'read_file', input: {} }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'call_1', text: 'x' }] },
    ];
    await collect(backend.chat(chatCall(asked, { messages: history, tools: [tool] }), signal));
    // Responses wants the encrypted thought back, not its summary.
    expect(sent()).toContain(provider.chatPath === '/v1/responses' ? '"encrypted_content":"sealed"' : ' hm hm hm');
  });

  it('several requests at once do not mix', async () => {
    const models = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { reply: `${name} `.repeat(20).trim(), tokenMs: 1 }]));
    server = await startModelServer({ kind: provider.kind, models });
    const backend = provider.create({ key: async () => undefined, log: recordingLog() });
    const answers = await Promise.all(Object.keys(models).map(async (name) => textOf(await collect(backend.chat(chatCall(provider.asked(server, name)), signal)))));
    expect(answers).toEqual(Object.values(models).map(({ reply }) => reply));
  });
});
