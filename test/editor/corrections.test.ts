import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/editor/commands-table';
import type { ModelServer } from '../support/openai-server';
import { ask, auto, replaced, reset, serve, set, textOf } from './support';

type QuickPick = typeof vscode.window.showQuickPick;
type Items = readonly vscode.QuickPickItem[];

const REQUEST = 'the quarterly walrus digest looks odd again';

describe('corrections', () => {
  let server: ModelServer | undefined;

  beforeEach(async () => {
    server = await serve({ 'for-letters': { reply: 'Dear Sir' }, 'for-reports': { reply: '42' } });
    await set({
      routes: [
        { name: 'letters', description: 'writing letters and e-mails to customers', models: ['for-letters'] },
        { name: 'reports', description: 'spreadsheets, tables of figures and their charts', models: ['for-reports'] },
      ],
      defaultModels: ['for-letters'],
    });
  });

  afterEach(async () => {
    await pick((items) => items, () => vscode.commands.executeCommand(commands.forgetCorrections.id));
    await server?.close();
    await reset();
  });

  it('act on the next request of the same words, and are forgotten on demand', async () => {
    const model = await auto();
    await textOf(await model.sendRequest(ask(REQUEST)));
    const [first] = served();
    const [right, other] = first === 'for-letters' ? ['reports', 'for-reports'] : ['letters', 'for-letters'];

    await pick((items) => items.find(({ label }) => label === right), () => vscode.commands.executeCommand(commands.correctRoute.id));
    await textOf(await model.sendRequest(ask(REQUEST)));
    assert.deepEqual(served(), [first, other]);

    await pick((items) => items, () => vscode.commands.executeCommand(commands.forgetCorrections.id));
    await textOf(await model.sendRequest(ask(`${REQUEST}!`))); // other words: a conversation without a previous route
    assert.deepEqual(served(), [first, other, first]);
  });

  function served(): unknown[] {
    const posts = (server?.requests ?? []).filter(({ method }) => method === 'POST');
    return posts.map(({ body }) => (body as { model?: unknown }).model);
  }

  async function pick(choose: (items: Items) => unknown, work: () => Thenable<unknown>): Promise<void> {
    const fake = ((items: Items) => Promise.resolve(choose(items))) as unknown as QuickPick;
    await replaced(vscode.window, 'showQuickPick', fake, async () => {
      await work();
    });
  }
});
