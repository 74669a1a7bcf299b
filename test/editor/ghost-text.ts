// What the tests of ghost text share: a document with a cursor, commands, and what a server was asked to fill in.
import * as vscode from 'vscode';
import type { ModelServer } from '../support/openai-server';
import { pause, until } from './support';

/** A name whose family fills in the middle. */
export const MODEL = 'qwen2.5-coder';

export function fills(server: ModelServer): ModelServer['requests'] {
  return server.requests.filter(({ path }) => /completions$|infill$/u.test(path) && !path.includes('chat'));
}

export function run(command: string, ...args: unknown[]): Thenable<unknown> {
  return vscode.commands.executeCommand(command, ...args);
}

export function cursorAt(editor: vscode.TextEditor, offset: number): void {
  const position = editor.document.positionAt(offset);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(new vscode.Range(position, position));
}

/** A new document; `|` is the cursor. */
export async function open(content: string, language = 'typescript'): Promise<vscode.TextEditor> {
  const [before = '', after = ''] = content.split('|');
  const document = await vscode.workspace.openTextDocument({ language, content: before + after });
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  cursorAt(editor, before.length);
  return editor;
}

/** Asks for ghost text and runs a command on it, until the document changes. */
export async function take(editor: vscode.TextEditor, command: string): Promise<string> {
  const before = editor.document.getText();
  await until(async () => {
    await run('editor.action.inlineSuggest.trigger');
    await pause(300);
    await run(command);
    await pause(100);
    return editor.document.getText() === before ? undefined : true;
  }, 15_000);
  return editor.document.getText();
}
