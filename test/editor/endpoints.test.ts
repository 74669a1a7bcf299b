// One model with two keys of one server, in a real VS Code: each key is stored under its own name.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/editor/commands-table';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { ask, auto, replaced, reset, set, textOf } from './support';

describe('several keys of one model', () => {
  let server: ModelServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
    await reset();
  });

  it('are offered by name, and a key that is refused is no end while another one works', async () => {
    server = await startModelServer({ models: { m: { reply: 'welcome' } }, key: 'sk-home' });
    const { baseUrl, url } = server;
    await set({ models: { m: { provider: 'openai', baseUrl, model: 'm', endpoints: [{ keyName: 'work' }, { keyName: 'home' }] } } });
    const model = await auto();
    const offered: string[] = [];
    const picking = ((items: readonly vscode.QuickPickItem[]) => {
      offered.push(...items.map(({ label }) => label));
      return Promise.resolve(items.find(({ label }) => label.endsWith('#home')));
    }) as unknown as typeof vscode.window.showQuickPick;
    await replaced(vscode.window, 'showQuickPick', picking, () =>
      replaced(vscode.window, 'showInputBox', () => Promise.resolve('sk-home'), async () => {
        await vscode.commands.executeCommand(commands.storeApiKey.id);
      }),
    );
    assert.deepEqual(offered.slice(0, 2), [`${url}#work`, `${url}#home`]);
    assert.equal(await textOf(await model.sendRequest(ask('hello'))), 'welcome');
    const keys = server.requests.filter(({ path }) => path.endsWith('/chat/completions')).map(({ headers }) => headers.authorization);
    assert.deepEqual(keys, [undefined, 'Bearer sk-home']);
    const stored = ((items: readonly string[]) => Promise.resolve(items.find((place) => place === `${url}#home`))) as unknown as typeof vscode.window.showQuickPick;
    await replaced(vscode.window, 'showQuickPick', stored, async () => {
      await vscode.commands.executeCommand(commands.removeApiKey.id);
    });
  });
});
