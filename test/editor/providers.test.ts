// Each provider through the built extension: the packages that are loaded with the first request are found there too.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { startModelServer, type ModelServer, type ServerKind } from '../support/openai-server';
import { ask, auto, reset, set, textOf } from './support';

interface Row {
  readonly name: string;
  readonly kind: ServerKind;
  readonly path: string;
  readonly setting: (server: ModelServer) => Readonly<Record<string, unknown>>;
}

const ROWS: readonly Row[] = [
  { name: 'Anthropic', kind: 'anthropic', path: '/v1/messages', setting: ({ url }) => ({ provider: 'anthropic', baseUrl: url }) },
  { name: 'OpenAI Responses', kind: 'openai', path: '/v1/responses', setting: ({ baseUrl }) => ({ provider: 'openai', baseUrl, api: 'responses' }) },
  { name: 'OpenAI chat completions', kind: 'openai', path: '/v1/chat/completions', setting: ({ baseUrl }) => ({ provider: 'openai', baseUrl }) },
  { name: 'Ollama', kind: 'ollama', path: '/api/chat', setting: ({ url }) => ({ provider: 'ollama', baseUrl: url }) },
];

describe('a model by the protocol of', () => {
  let server: ModelServer;

  afterEach(async () => {
    await server.close();
    await reset();
  });

  for (const { name, kind, path, setting } of ROWS) {
    it(`${name} answers, and calls tools of the chat`, async () => {
      const toolCalls = [{ id: 'call_1', name: 'look', arguments: { at: 'it' } }];
      server = await startModelServer({ kind, models: { m: { reply: 'Looking.', thinks: 2, toolCalls } } });
      await set({ models: { mine: { ...setting(server), model: 'm', capabilities: ['tools'], contextWindow: 32_768 } } });
      const model = await auto();
      const tools = [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object' } }];
      const response = await model.sendRequest(ask('hello'), { tools });
      const parts: unknown[] = [];
      for await (const part of response.stream) parts.push(part);
      const text = parts.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
      const calls = parts.filter((part) => part instanceof vscode.LanguageModelToolCallPart);
      assert.equal(text, 'Looking.');
      assert.deepEqual(calls.map(({ callId, name: called, input }) => ({ callId, called, input })), [{ callId: 'call_1', called: 'look', input: { at: 'it' } }]);
      assert.ok(server.requests.some((request) => request.path === path));
    });
  }

  it('Anthropic says what is wrong in words for people', async () => {
    server = await startModelServer({ kind: 'anthropic', models: { m: { reply: 'x' } }, key: 'sk-1' });
    await set({ models: { mine: { provider: 'anthropic', baseUrl: server.url, model: 'm', contextWindow: 32_768 } } });
    const model = await auto();
    await assert.rejects(async () => textOf(await model.sendRequest(ask('hello'))), /key/u);
  });
});
