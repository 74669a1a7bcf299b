import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/editor/commands-table';
import { GHOST_RULE } from '../../src/editor/model-uses';
import { writeGguf } from '../support/gguf';
import { chain, scriptedWriter } from '../support/gguf-scripted';
import { ask, auto, pause, replaced, reset, set, textOf, until } from './support';

// Nothing but the extension and a file: no server, no connection.
const WRITER = scriptedWriter({
  name: 'Tiny Writer',
  fim: true,
  follows: { ...chain('\n', 'Hi, you.'), ...chain('<|fim_middle|>', 'ab;', '<|endoftext|>') },
});

describe('with nothing but a model file', () => {
  let folder: string;
  let file: string;
  const setting = (key: string): unknown => vscode.workspace.getConfiguration('fairlead').inspect(key)?.globalValue;

  beforeEach(async () => {
    await auto();
    folder = mkdtempSync(join(tmpdir(), 'fairlead-offline-'));
    file = join(folder, 'tiny-writer.gguf');
    writeFileSync(file, writeGguf(WRITER));
    await set({ 'discovery.enabled': false, 'inline.debounceMs': 0 });
    await vscode.workspace.getConfiguration('editor').update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
  });

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await set({ 'discovery.enabled': undefined, 'inline.debounceMs': undefined, 'localModels.folder': undefined });
    await reset();
    rmSync(folder, { recursive: true, force: true });
  });

  async function useOwnFile(...labels: readonly string[]): Promise<void> {
    const { window } = vscode;
    const pick = ((items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions) =>
      Promise.resolve(
        options.canPickMany === true ? items.filter(({ label }) => labels.includes(label)) : items.find(({ label }) => label.includes('Use a File I Have')),
      )) as unknown as typeof window.showQuickPick;
    await replaced(window, 'showQuickPick', pick, () =>
      replaced(window, 'showOpenDialog', () => Promise.resolve([vscode.Uri.file(file)]), () =>
        replaced(window, 'showInformationMessage', () => Promise.resolve(undefined), async () => {
          await vscode.commands.executeCommand(commands.downloadModel.id);
        }),
      ),
    );
  }

  it('it is put to use for chat and ghost text, as the user chooses', async () => {
    await useOwnFile('Answer in chat', 'Complete code as you type');
    assert.deepEqual(setting('models'), { 'Tiny Writer': { provider: 'llama', file } });
    assert.deepEqual(setting('defaultModels'), ['Tiny Writer']);
    assert.deepEqual(setting('rules'), [{ when: { surface: ['inline'] }, prefer: ['Tiny Writer'], reason: GHOST_RULE }]);
  });

  it('it answers in chat', async () => {
    await useOwnFile('Answer in chat');
    const model = await auto();
    assert.equal(await textOf(await model.sendRequest(ask('hello'))), 'Hi, you.');
  });

  it('it completes code, found by itself in the folder of downloads', async () => {
    await set({ 'localModels.folder': folder });
    await until(async () => ((await vscode.lm.selectChatModels({ vendor: 'fairlead', id: 'model/llama/tiny-writer' })).length > 0 ? true : undefined));
    const document = await vscode.workspace.openTextDocument({ language: 'typescript', content: 'const sum = \n' });
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(0, 12, 0, 12);
    await until(async () => {
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
      await pause(500);
      await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
      return document.getText() === 'const sum = \n' ? undefined : true;
    }, 30_000);
    assert.equal(document.getText(), 'const sum = ab;\n');
  });
});
