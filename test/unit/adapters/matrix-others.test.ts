// The same backends against servers that nobody here wrote: CopilotKit's aimock of OpenAI, Anthropic and Ollama, whose
// protocols are checked against the real services every day.
import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChatCall, ChatEvent, Message } from '../../../src/router/ports';
import { chatCall, collect, recordingLog, rejection, textOf } from '../../support/adapters';
import { type Provider, PROVIDERS } from '../../support/providers';

const mock = new LLMock({ port: 0, logLevel: 'silent', chunkSize: 4 });
beforeAll(async () => {
  await mock.start();
});
afterEach(() => {
  mock.clearFixtures();
  mock.clearRequests();
});
afterAll(async () => mock.stop());

const signal = new AbortController().signal;
const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const tool = { name: 'get_weather', description: 'Tells the weather.', inputSchema: { type: 'object', properties: { city: { type: 'string' } } } };

/** Models by names that each service has. */
const MODELS: Readonly<Record<string, string>> = {
  'OpenAI chat completions': 'gpt-4o',
  'OpenAI Responses': 'gpt-5',
  Anthropic: 'claude-sonnet-4-5',
  Ollama: 'llama3.2',
};

describe.each(PROVIDERS)('by the protocol of $name', (provider) => {
  const backend = provider.create({ key: async () => 'sk-test', log: recordingLog() });
  const ask = (fields: Partial<ChatCall> & { readonly prompt?: string }, more: object = {}): Promise<ChatEvent[]> => {
    const { prompt = 'hello', ...rest } = fields;
    const asked = { ...serverOf(provider), ...more };
    return collect(backend.chat(chatCall(asked, { messages: [user(prompt)], ...rest }), signal));
  };

  it('an answer is read: words, model, end; nothing is printed', async () => {
    const printed = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')];
    mock.onMessage('hello', { content: 'Hi there, this is a longer answer.' });
    const events = await ask({});
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    expect(textOf(events)).toBe('Hi there, this is a longer answer.');
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
    expect(events).toContainEqual({ type: 'executed', model: MODELS[provider.name] });
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect(events.some(({ type }) => type === 'usage')).toBe(true);
  });

  // Its Ollama has thoughts in a field that the real one does not know.
  if (provider.kind !== 'ollama') {
    it('thoughts are read apart from the answer', async () => {
      mock.onMessage('hello', { content: 'Forty-two.', reasoning: 'Six times seven.' });
      const events = await ask({}, { capabilities: ['thinking'] });
      expect(textOf(events)).toBe('Forty-two.');
      expect(events.map((event) => (event.type === 'thinking' ? event.text : '')).join('')).toBe('Six times seven.');
    });
  }

  it('a tool is called, and its result goes back to where it is understood', async () => {
    mock.on({ userMessage: /weather/u, hasToolResult: false }, { toolCalls: [{ id: 'call_abc123', name: 'get_weather', arguments: '{"city":"Kiel"}' }] });
    mock.on({ toolResultContains: 'rain' }, { content: 'It rains in Kiel.' });
    const events = await ask({ prompt: 'weather?', tools: [tool] });
    const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event] : []));
    expect(calls).toMatchObject([{ name: 'get_weather', input: { city: 'Kiel' } }]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    const after = await ask({
      tools: [tool],
      messages: [user('weather?'), { role: 'assistant', parts: calls }, { role: 'tool', parts: [{ type: 'tool_result', id: calls[0]!.id, text: 'rain, 12 °C' }] }],
    });
    expect(textOf(after)).toBe('It rains in Kiel.');
  });

  it('system text, turns and an image are accepted', async () => {
    mock.onMessage('And this?', { content: 'A cat.' });
    const messages: Message[] = [
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      user('What is this?'),
      { role: 'assistant', parts: [{ type: 'text', text: 'A dog.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'And this?' }, { type: 'image', mimeType: 'image/png', data: new Uint8Array([137, 80, 78, 71]) }] },
    ];
    expect(textOf(await ask({ messages }))).toBe('A cat.');
  });

  it('options are accepted', async () => {
    mock.onMessage('hello', { content: 'Hi.' });
    expect(textOf(await ask({ options: { temperature: 0, max_tokens: 100 }, tools: [tool], toolMode: 'auto' }))).toBe('Hi.');
  });

  it.each([
    [401, 'unauthorized'],
    [404, 'not_found'],
    [429, 'rate_limited'],
    [500, 'server'],
  ])('a refusal with %i is understood', async (status, code) => {
    mock.onMessage('hello', { error: { message: 'Nope.', type: 'test_error' }, status, ...(status === 429 ? { retryAfter: 7 } : {}) });
    const error = await rejection(ask({}));
    expect(error).toMatchObject({ code, status, ...(status === 429 ? { retryAfterMs: 7000 } : {}) });
  });
});

function serverOf(provider: Provider) {
  return provider.asked({ url: mock.url, baseUrl: `${mock.url}/v1` }, MODELS[provider.name]);
}
