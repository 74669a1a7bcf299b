import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/editor/commands-table';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { ask, auto, replaced, reset, set, textOf, until } from './support';

type InputBox = typeof vscode.window.showInputBox;
type QuickPick = typeof vscode.window.showQuickPick;

const answering = (answers: readonly string[]): InputBox => {
  const left = [...answers];
  return () => Promise.resolve(left.shift());
};

const decisionPages = (): vscode.TextDocument[] => vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'fairlead-decision');

describe('commands', () => {
  let server: ModelServer | undefined;

  beforeEach(async () => {
    await auto();
  });

  afterEach(async () => {
    await server?.close();
    server = undefined;
    await reset();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('of the table are all there', async () => {
    const known = await vscode.commands.getCommands(true);
    for (const { id } of Object.values(commands)) assert.ok(known.includes(id), id);
  });

  it('Route a Text shows the decision and asks no model', async () => {
    server = await startModelServer({ models: { m: {} } });
    await set({ models: { m: { provider: 'openai', baseUrl: server.baseUrl, model: 'm' } } });
    await vscode.commands.executeCommand(commands.routeText.id, 'write unit tests for this class');
    const page = await until(() => decisionPages()[0]);
    assert.match(page.getText(), /testing/u);
    assert.equal(server.requests.filter(({ method }) => method === 'POST').length, 0);
  });

  it('Store an API Key sends the key to its server and Remove takes it back', async () => {
    server = await startModelServer({ models: { m: { reply: 'welcome' } }, key: 'sk-secret' });
    const { baseUrl } = server;
    await set({ models: { m: { provider: 'openai', baseUrl, model: 'm' } } });
    const model = await auto();
    await assert.rejects(async () => textOf(await model.sendRequest(ask('hello'))), /key/u);
    await replaced(vscode.window, 'showInputBox', answering(['sk-secret']), async () => {
      await vscode.commands.executeCommand(commands.storeApiKey.id, baseUrl);
    });
    assert.equal(await textOf(await model.sendRequest(ask('hello'))), 'welcome');
    const first = ((items: readonly string[]) => Promise.resolve(items[0])) as unknown as QuickPick;
    await replaced(vscode.window, 'showQuickPick', first, async () => {
      await vscode.commands.executeCommand(commands.removeApiKey.id);
    });
    await assert.rejects(async () => textOf(await model.sendRequest(ask('hello'))), /key/u);
  });

  it('Connect a Model Server asks for address and key and adds its models', async () => {
    server = await startModelServer({ models: { 'vendor/fine-model': { reply: 'connected' } }, key: 'sk-other' });
    const { baseUrl } = server;
    const all = ((items: readonly string[]) => Promise.resolve(items)) as unknown as QuickPick;
    await replaced(vscode.window, 'showInputBox', answering([baseUrl, 'sk-other']), () =>
      replaced(vscode.window, 'showQuickPick', all, async () => {
        await vscode.commands.executeCommand(commands.connectServer.id);
      }),
    );
    const models = vscode.workspace.getConfiguration('fairlead').get('models');
    assert.deepEqual(models, { 'fine-model': { provider: 'openai', baseUrl, model: 'vendor/fine-model' } });
    const model = await auto();
    assert.equal(await textOf(await model.sendRequest(ask('hello'))), 'connected');
    await replaced(vscode.window, 'showQuickPick', ((items: readonly string[]) => Promise.resolve(items[0])) as unknown as QuickPick, async () => {
      await vscode.commands.executeCommand(commands.removeApiKey.id);
    });
  });

  it('Toggle Inline Completions switches the setting', async () => {
    const on = (): unknown => vscode.workspace.getConfiguration('fairlead').get('inline.enabled');
    assert.equal(on(), true);
    await vscode.commands.executeCommand(commands.toggleInline.id);
    assert.equal(on(), false);
    await vscode.commands.executeCommand(commands.toggleInline.id);
    assert.equal(on(), true);
    await set({ 'inline.enabled': undefined });
  });

  it('Show Last Decision explains the last request', async () => {
    server = await startModelServer({ models: { explained: { reply: 'yes' } } });
    await set({ models: { explained: { provider: 'openai', baseUrl: server.baseUrl, model: 'explained' } } });
    await textOf(await (await auto()).sendRequest(ask('is this right?')));
    await vscode.commands.executeCommand(commands.showLastDecision.id);
    await until(() => decisionPages().find((page) => page.getText().includes('explained')));
  });
});
