import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/editor/commands-table';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { auto, replaced, reset, set } from './support';

type Message = typeof vscode.window.showInformationMessage;

const collecting = (into: string[], answers: readonly (string | undefined)[] = []): Message => {
  const left = [...answers];
  return (text: string) => {
    into.push(text);
    return Promise.resolve(left.shift());
  };
};

describe('Pull an Ollama Model', () => {
  let server: ModelServer;

  beforeEach(async () => {
    await auto();
    server = await startModelServer({ kind: 'ollama', models: { 'coder:1b': {} } });
    await set({ models: { mine: { provider: 'ollama', baseUrl: server.url, model: 'coder:1b' } } });
  });

  afterEach(async () => {
    await server.close();
    await reset();
  });

  const typing = (name: string) => (() => Promise.resolve(name)) as typeof vscode.window.showInputBox;
  const pulls = () => server.requests.filter(({ path }) => path === '/api/pull').map(({ body }) => body['model']);

  it('asks for a name, has the server of the settings get it, and says when it is there', async () => {
    const said: string[] = [];
    await replaced(vscode.window, 'showInputBox', typing(' coder:1b '), () =>
      replaced(vscode.window, 'showInformationMessage', collecting(said), async () => {
        await vscode.commands.executeCommand(commands.pullModel.id);
      }),
    );
    assert.deepEqual(pulls(), ['coder:1b']);
    assert.match(said.join(), /coder:1b is there/u);
  });

  it('says why it could not, and tries again when asked to', async () => {
    const said: string[] = [];
    await replaced(vscode.window, 'showErrorMessage', collecting(said, ['Try Again', undefined]), async () => {
      await vscode.commands.executeCommand(commands.pullModel.id, 'nowhere:1b');
    });
    assert.deepEqual(pulls(), ['nowhere:1b', 'nowhere:1b']);
    assert.match(said.join(), /file does not exist/u);
  });
});
