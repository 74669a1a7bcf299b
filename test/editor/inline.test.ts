import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ModelServer } from '../support/openai-server';
import { fills, open, take } from './ghost-text';
import { auto, pause, reset, serve, set, until } from './support';

describe('ghost text', () => {
  let server: ModelServer | undefined;

  beforeEach(async () => {
    await auto();
    await vscode.workspace.getConfiguration('editor').update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
    await set({ 'inline.debounceMs': 0 });
  });

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await server?.close();
    server = undefined;
    await set({ 'inline.debounceMs': undefined });
    await reset();
  });

  it('comes from the model that fills in the middle and is trimmed', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'a + b;\n}' } });
    const editor = await open('function add(a: number, b: number) {\n  return |\n}\n');
    assert.equal(await take(editor, 'editor.action.inlineSuggest.commit'), 'function add(a: number, b: number) {\n  return a + b;\n}\n');
    const [request] = fills(server);
    assert.match(JSON.stringify(request?.body), /function add/u);
  });

  it('stays on the line when text follows the cursor', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'b\nconsole.log(a);' } });
    const editor = await open('const sum = a + | + c;\n');
    assert.equal(await take(editor, 'editor.action.inlineSuggest.commit'), 'const sum = a + b + c;\n');
  });

  it('is not asked for where a rule leaves no model', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'a + b;' } });
    await set({ rules: [{ when: { language: ['typescript'] }, exclude: ['qwen2.5-coder'] }] });
    const editor = await open('const sum = |\n');
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await pause(1000);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
    assert.equal(editor.document.getText(), 'const sum = \n');
    assert.equal(fills(server).length, 0);
  });

  it('ends the request at the server when typing goes on', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'a + b + c + d + e + f', tokenMs: 400 } });
    await open('const sum = |\n');
    // Not awaited: the command ends with the answer.
    void vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await until(() => fills(server!)[0]);
    await vscode.commands.executeCommand('type', { text: 'x' });
    const aborted = await until(() => fills(server!).find((request) => request.aborted));
    assert.ok(aborted);
  });
});
