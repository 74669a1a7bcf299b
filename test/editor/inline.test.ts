import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ModelServer } from '../support/openai-server';
import { auto, pause, reset, serve, set, until } from './support';

const fills = (server: ModelServer): ModelServer['requests'] => server.requests.filter(({ path }) => /completions$|infill$/u.test(path) && !path.includes('chat'));

async function type(content: string, language = 'typescript'): Promise<vscode.TextEditor> {
  const [before = '', after = ''] = content.split('|');
  const document = await vscode.workspace.openTextDocument({ language, content: before + after });
  const editor = await vscode.window.showTextDocument(document);
  const position = document.positionAt(before.length);
  editor.selection = new vscode.Selection(position, position);
  return editor;
}

/** Asks for ghost text and accepts it, until the document changes. */
async function accept(editor: vscode.TextEditor): Promise<string> {
  const before = editor.document.getText();
  await until(async () => {
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await pause(400);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
    return editor.document.getText() === before ? undefined : true;
  });
  return editor.document.getText();
}

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
    const editor = await type('function add(a: number, b: number) {\n  return |\n}\n');
    assert.equal(await accept(editor), 'function add(a: number, b: number) {\n  return a + b;\n}\n');
    const [request] = fills(server);
    assert.match(JSON.stringify(request?.body), /function add/u);
  });

  it('stays on the line when text follows the cursor', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'b\nconsole.log(a);' } });
    const editor = await type('const sum = a + | + c;\n');
    assert.equal(await accept(editor), 'const sum = a + b + c;\n');
  });

  it('is not asked for where a rule leaves no model', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'a + b;' } });
    await set({ rules: [{ when: { language: ['typescript'] }, exclude: ['qwen2.5-coder'] }] });
    const editor = await type('const sum = |\n');
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await pause(1000);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
    assert.equal(editor.document.getText(), 'const sum = \n');
    assert.equal(fills(server).length, 0);
  });

  it('ends the request at the server when typing goes on', async () => {
    server = await serve({ 'qwen2.5-coder': { reply: 'a + b + c + d + e + f', tokenMs: 400 } });
    await type('const sum = |\n');
    // Not awaited: the command ends with the answer.
    void vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    await until(() => fills(server!)[0]);
    await vscode.commands.executeCommand('type', { text: 'x' });
    const aborted = await until(() => fills(server!).find((request) => request.aborted));
    assert.ok(aborted);
  });
});
