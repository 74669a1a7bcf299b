import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the extension in a real extension host', () => {
  it('activates', async () => {
    const extension = vscode.extensions.getExtension('fairlead.fairlead');
    assert.ok(extension, 'VS Code knows the extension');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that its manifest promises', async () => {
    const manifest = vscode.extensions.getExtension('fairlead.fairlead')?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.map((row) => row.command).filter((command) => !known.has(command));
    assert.deepEqual(missing, []);
  });

  it('offers Fairlead Auto to every extension through vscode.lm', async () => {
    const models = await vscode.lm.selectChatModels({ vendor: 'fairlead' });
    assert.ok(models.length > 0);
  });
});
