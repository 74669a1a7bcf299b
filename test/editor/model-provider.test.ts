import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { ask, auto, reset, serve, set, textOf, until } from './support';

const chats = (server: ModelServer): ModelServer['requests'] => server.requests.filter(({ path }) => path.endsWith('/chat/completions'));

const read: vscode.LanguageModelChatTool = {
  name: 'read_file',
  description: 'Reads a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

/** One pixel: VS Code reads images before it passes them on. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

const ROUTES = [
  { name: 'testing', description: 'writing unit tests and mocks', models: ['tester'], examples: ['write unit tests for this class'] },
  { name: 'sql_data', description: 'SQL queries on databases', models: ['analyst'], examples: ['select all orders of a customer'] },
];

describe('Fairlead Auto', () => {
  let server: ModelServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
    await reset();
  });

  it('is offered in four ways, with each usable model by its name and none of its own again', async () => {
    server = await serve({ tester: {} });
    await set({ models: { tester: { provider: 'openai', baseUrl: server.baseUrl, model: 'tester' }, copilot: { provider: 'vscode', vendor: 'copilot' } } });
    await auto();
    const ids = async (): Promise<string[]> => (await vscode.lm.selectChatModels({ vendor: 'fairlead' })).map(({ id }) => id);
    await until(async () => ((await ids()).includes('model/tester') ? true : undefined));
    assert.deepEqual(await ids(), ['auto', 'auto-economy', 'auto-quality', 'auto-local', 'model/tester']);
  });

  it('says that its models have changed when they have', async () => {
    await auto();
    const changes: string[] = [];
    const listening = vscode.lm.onDidChangeChatModels(() => changes.push('changed'));
    server = await serve({ newcomer: {} });
    await until(async () => ((await vscode.lm.selectChatModels({ vendor: 'fairlead', id: 'model/newcomer' })).length > 0 ? true : undefined));
    listening.dispose();
    assert.ok(changes.length > 0);
  });

  it('sends a request to the model of its route and streams the answer', async () => {
    server = await serve({ tester: { reply: 'a test for you', tokenMs: 5 }, analyst: { reply: 'select 1' } });
    await set({ routes: ROUTES });
    const model = await auto();
    const response = await model.sendRequest(ask('write unit tests for this class'));
    const pieces: string[] = [];
    for await (const piece of response.text) pieces.push(piece);
    assert.equal(pieces.join(''), 'a test for you');
    assert.ok(pieces.length > 1, 'arrives in pieces');
    assert.deepEqual(chats(server).map(({ body }) => body['model']), ['tester']);
    assert.equal(await textOf(await model.sendRequest(ask('select all orders of a customer from the SQL database'))), 'select 1');
  });

  it('puts nothing of its own into the answer, even when a fallback answers', async () => {
    server = await serve({ tester: { fault: { kind: 'status', status: 500 } }, analyst: { reply: 'plain words' } });
    await set({ routes: ROUTES, defaultModels: ['analyst'] });
    const model = await auto();
    assert.equal(await textOf(await model.sendRequest(ask('write unit tests for this class'))), 'plain words');
    assert.deepEqual([...new Set(chats(server).map(({ body }) => body['model']))], ['tester', 'analyst']);
  });

  it('passes tools, tool mode, options, calls and results', async () => {
    server = await serve({ tester: { toolCalls: [{ id: 'call_1', name: 'read_file', arguments: { path: 'a.ts' } }] } });
    const model = await auto();
    const toolMode = vscode.LanguageModelChatToolMode.Required;
    const response = await model.sendRequest(ask('what is in a.ts?'), { tools: [read], toolMode, modelOptions: { temperature: 0.25 } });
    const parts: unknown[] = [];
    for await (const part of response.stream) parts.push(part);
    const call = parts.find((part) => part instanceof vscode.LanguageModelToolCallPart);
    assert.deepEqual([call?.name, call?.input], ['read_file', { path: 'a.ts' }]);
    const { body } = chats(server)[0]!;
    assert.equal(body['temperature'], 0.25);
    assert.equal(body['tool_choice'], 'required');
    assert.match(JSON.stringify(body['tools']), /read_file.*Reads a file/u);
  });

  it('stays with one model inside a tool loop and sends results with their ids', async () => {
    server = await serve({ tester: { reply: 'done' }, analyst: { reply: 'wrong' } });
    await set({ routes: ROUTES });
    const model = await auto();
    const question = ask('write unit tests for this class');
    assert.equal(await textOf(await model.sendRequest(question)), 'done');
    // From here on the settings prefer another model: a tool step must not look at them.
    await set({ routes: ROUTES.map((route) => ({ ...route, models: ['analyst'] })) });
    const call = new vscode.LanguageModelToolCallPart('call_7', 'read_file', { path: 'a.ts' });
    const result = new vscode.LanguageModelToolResultPart('call_7', [new vscode.LanguageModelTextPart('class A {}')]);
    const step = [...question, vscode.LanguageModelChatMessage.Assistant([call]), vscode.LanguageModelChatMessage.User([result])];
    assert.equal(await textOf(await model.sendRequest(step, { tools: [read] })), 'done');
    const { body } = chats(server).at(-1)!;
    const messages = body['messages'] as { role: string; tool_call_id?: string; content?: unknown }[];
    assert.deepEqual(messages.map(({ role }) => role), ['user', 'assistant', 'tool']);
    assert.equal(messages[2]!.tool_call_id, 'call_7');
    assert.match(JSON.stringify(messages[2]?.content), /class A/u);
    // A new question of the user's is routed again.
    const next = [...question, vscode.LanguageModelChatMessage.Assistant('done'), ...ask('write unit tests for this class too')];
    assert.equal(await textOf(await model.sendRequest(next)), 'wrong');
  });

  it('leaves the model inside a tool loop once a tool has read a file that it may not see', async () => {
    server = await serve({ tester: { reply: 'leaked' }, analyst: { reply: 'kept' } });
    const rules = [{ when: { path: ['private/**'] }, require: ['analyst'] }, { when: { language: ['sql'] }, require: ['analyst'] }];
    await set({ routes: ROUTES, rules });
    const model = await auto();
    const question = ask('write unit tests for this class');
    assert.equal(await textOf(await model.sendRequest(question)), 'leaked');
    const root = vscode.workspace.workspaceFolders![0]!.uri;
    for (const file of ['private/refund.ts', 'db/customers.sql']) {
      const { fsPath } = vscode.Uri.joinPath(root, ...file.split('/'));
      const call = new vscode.LanguageModelToolCallPart('call_8', 'read_file', { filePath: fsPath });
      const result = new vscode.LanguageModelToolResultPart('call_8', [new vscode.LanguageModelTextPart('secret text')]);
      const step = [...question, vscode.LanguageModelChatMessage.Assistant([call]), vscode.LanguageModelChatMessage.User([result])];
      assert.equal(await textOf(await model.sendRequest(step, { tools: [read] })), 'kept', file);
    }
    const seen = chats(server).filter(({ body }) => JSON.stringify(body).includes('secret text'));
    assert.deepEqual([...new Set(seen.map(({ body }) => body['model']))], ['analyst']);
  });

  it('sends images to a model that sees', async () => {
    server = await serve({ blind: { reply: 'dark' }, seeing: { reply: 'a boat' } }, { seeing: { capabilities: ['tools', 'vision'] } });
    await set({ defaultModels: ['blind', 'seeing'] });
    const model = await auto();
    const image = vscode.LanguageModelDataPart.image(Buffer.from(PIXEL, 'base64'), 'image/png');
    const message = vscode.LanguageModelChatMessage.User([new vscode.LanguageModelTextPart('what is this?'), image]);
    assert.equal(await textOf(await model.sendRequest([message])), 'a boat');
    assert.match(JSON.stringify(chats(server)[0]!.body), /data:image\/png;base64,iVBORw/u);
  });

  it('ends the request at the server when it is cancelled', async () => {
    server = await serve({ tester: { reply: 'a very long answer that goes on', tokenMs: 300 } });
    const model = await auto();
    const cancel = new vscode.CancellationTokenSource();
    const response = await model.sendRequest(ask('tell me everything'), {}, cancel.token);
    const reading = textOf(response).catch(() => 'cancelled');
    await server.received('/v1/chat/completions');
    cancel.cancel();
    const request = await server.aborted('/v1/chat/completions');
    assert.equal(request.aborted, true);
    await reading;
  });

  it('says what to do when no model can answer', async () => {
    await set({ models: {} });
    const model = await auto();
    await assert.rejects(async () => textOf(await model.sendRequest(ask('hello'))), /Connect a Model Server/u);
  });

  it('says what to do when the key is refused', async () => {
    server = await serve({ tester: { fault: { kind: 'status', status: 401 } } });
    const model = await auto();
    await assert.rejects(async () => textOf(await model.sendRequest(ask('hello'))), /key/u);
  });

  it('counts tokens without asking a server', async () => {
    server = await serve({ tester: {} });
    const model = await auto();
    const count = await model.countTokens('four words of text');
    assert.ok(count >= 4 && count <= 10, String(count));
    const image = vscode.LanguageModelDataPart.image(Buffer.from(PIXEL, 'base64'), 'image/png');
    assert.ok((await model.countTokens(vscode.LanguageModelChatMessage.User([image]))) > 500, 'an image counts by what it costs, not by its bytes');
    const call = new vscode.LanguageModelToolCallPart('call_1', 'read_file', { path: 'a/very/long/path/'.repeat(20) });
    assert.ok((await model.countTokens(vscode.LanguageModelChatMessage.Assistant([call]))) > 80, 'the arguments of a call count');
    const result = new vscode.LanguageModelToolResultPart('call_1', [new vscode.LanguageModelTextPart('const a = 1;\n'.repeat(100))]);
    assert.ok((await model.countTokens(vscode.LanguageModelChatMessage.User([result]))) > 300, 'a result counts');
    assert.equal(chats(server).length, 0);
  });

  it('claims the largest window of its models, less room for the answer', async () => {
    server = await serve({ small: {}, large: {} }, { large: { contextWindow: 200_000 } });
    await auto();
    await until(async () => {
      const [model] = await vscode.lm.selectChatModels({ vendor: 'fairlead' });
      return model !== undefined && model.maxInputTokens > 150_000 && model.maxInputTokens < 200_000 ? true : undefined;
    });
  });
});

describe('Auto (local only)', () => {
  let here: ModelServer | undefined;
  let hosted: ModelServer | undefined;
  let outside: CountingProxy | undefined;

  afterEach(async () => {
    await outside?.close();
    await hosted?.close();
    await here?.close();
    [here, hosted, outside] = [undefined, undefined, undefined];
    await set({ 'classifier.use': undefined, 'classifier.endpoint': undefined });
    await reset();
  });

  it('sends nothing to a hosted model or classifier, not even when no local model answers', async () => {
    hosted = await startModelServer({ models: { cloud: { reply: 'from afar' } } });
    outside = await startCountingProxy({ to: hosted.url });
    here = await serve({ laptop: { reply: 'from here' } });
    const cloud = { provider: 'openai', baseUrl: outside.baseUrl, model: 'cloud', capabilities: ['tools'] };
    const laptop = { provider: 'openai', baseUrl: here.baseUrl, model: 'laptop', capabilities: ['tools'] };
    await set({
      models: { cloud, laptop },
      routes: ROUTES.map((route) => ({ ...route, models: ['cloud', 'laptop'] })),
      'classifier.use': 'remote',
      'classifier.endpoint': { baseUrl: outside.baseUrl },
    });
    await auto();
    const localOnly = (await vscode.lm.selectChatModels({ vendor: 'fairlead', id: 'auto-local' }))[0]!;
    const question = ask('write unit tests for this class');
    assert.equal(await textOf(await localOnly.sendRequest(question)), 'from here');
    const call = new vscode.LanguageModelToolCallPart('call_9', 'read_file', { path: 'a.ts' });
    const result = new vscode.LanguageModelToolResultPart('call_9', [new vscode.LanguageModelTextPart('class A {}')]);
    const step = [...question, vscode.LanguageModelChatMessage.Assistant([call]), vscode.LanguageModelChatMessage.User([result])];
    assert.equal(await textOf(await localOnly.sendRequest(step, { tools: [read] })), 'from here');
    here.setModels({ laptop: { fault: { kind: 'status', status: 400 } } });
    await assert.rejects(async () => textOf(await localOnly.sendRequest(question)));
    await set({ models: { cloud } });
    await assert.rejects(async () => textOf(await localOnly.sendRequest(question)), /cloud must stay on this machine \(Auto \(local only\)\)/u);
    assert.doesNotMatch(outside.text(), /POST|unit tests/u);
    // The same model answers where it may: what was counted is the way there.
    assert.equal(await textOf(await (await auto()).sendRequest(question)), 'from afar');
    assert.match(outside.text(), /unit tests/u);
  });
});
