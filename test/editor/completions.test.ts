// Ghost text in the places where it goes wrong first: parts taken by command, haste, odd documents, switches, privacy.
import * as assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ModelServer } from '../support/openai-server';
import { cursorAt, fills, MODEL, open, run, take } from './ghost-text';
import { auto, pause, reset, serve, set, until } from './support';


async function asksNothing(server: ModelServer): Promise<void> {
  await run('editor.action.inlineSuggest.trigger');
  await pause(800);
  assert.deepEqual(fills(server).map(({ body }) => body['prompt']), []);
}

describe('inline completions', () => {
  let server: ModelServer | undefined;
  const start = async (reply: string | ((body: Readonly<Record<string, unknown>>) => string), tokenMs = 0): Promise<ModelServer> =>
    (server = await serve({ [MODEL]: { reply, tokenMs } }));

  before(async () => {
    await auto();
    await vscode.workspace.getConfiguration('editor').update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
    await set({ 'inline.debounceMs': 0 });
  });
  afterEach(async () => {
    await run('workbench.action.closeAllEditors');
    await server?.close();
    server = undefined;
    await set({ 'inline.notIn': undefined });
    await reset();
  });
  after(async () => {
    await set({ 'inline.debounceMs': undefined });
  });

  it('are taken word by word', async () => {
    await start('alpha + beta;');
    const editor = await open('const sum = |\n');
    assert.equal(await take(editor, 'fairlead.inlineTakeWord'), 'const sum = alpha\n');
    // What a word is, VS Code decides: here the space.
    assert.match(await take(editor, 'fairlead.inlineTakeWord'), /^const sum = alpha +\+?/u);
    const prompts = fills(server!).map(({ body }) => String(body['prompt']));
    assert.deepEqual(prompts.filter((prompt) => prompt.endsWith('alpha')), [], 'the rest comes from the cache');
  });

  it('are taken line by line', async () => {
    await start('  a();\n  b();\n');
    const editor = await open('function f() {\n|\n}\n');
    assert.match(await take(editor, 'fairlead.inlineTakeLine'), /^function f\(\) \{\n {2}a\(\);\n/u);
  });

  it('go with Escape, and nothing is inserted', async () => {
    await start('alpha;');
    const editor = await open('const sum = |\n');
    await run('editor.action.inlineSuggest.trigger');
    await until(() => fills(server!)[0]);
    await pause(400);
    await run('editor.action.inlineSuggest.hide');
    await run('editor.action.inlineSuggest.commit');
    assert.equal(editor.document.getText(), 'const sum = \n');
  });

  it('are typed over without another request', async () => {
    await start('alpha + beta;');
    const editor = await open('const sum = |\n');
    await run('editor.action.inlineSuggest.trigger');
    await until(() => fills(server!)[0]);
    await pause(500);
    for (const text of 'alp') {
      await run('type', { text });
      await pause(120);
    }
    await run('editor.action.inlineSuggest.commit');
    await until(() => (editor.document.getText() === 'const sum = alpha + beta;\n' ? true : undefined));
    const prompts = fills(server!).map(({ body }) => String(body['prompt']));
    assert.deepEqual(prompts.filter((prompt) => /al$|alp$/u.test(prompt)), []);
  });

  it('survive two hundred keys in haste: nothing is left open, nothing stale is shown', async function () {
    this.timeout(90_000);
    // Each answer says which text it was made for.
    const storm = await start(({ prompt }) => `<${String(prompt).slice(-3)}> and more words that take their time`, 40);
    const editor = await open('const storm = |\n');
    for (let key = 0; key < 200; key += 1) {
      await run('type', { text: String.fromCharCode(97 + (key * 7) % 26) });
      if (key % 10 === 9) await pause(70);
    }
    await pause(3000);
    const open200 = fills(storm).filter(({ aborted, finished }) => !aborted && !finished);
    assert.equal(open200.length, 0, 'requests still open');
    await take(editor, 'editor.action.inlineSuggest.commit');
    const [, typed = '', marker = ''] = /(\w{3})<(\w{3})>/u.exec(editor.document.getText()) ?? [];
    assert.equal(marker, typed);
    assert.notEqual(marker, '');
  });

  it('come in a file of sixty thousand lines, with a prompt of ordinary size that still begins with its imports', async () => {
    const huge = await start('alpha;');
    const lines = Array.from({ length: 30_000 }, (_, line) => `const name${String(line)} = ${String(line)};\n`).join('');
    const editor = await open(`import { first } from './first';\n\n${lines}const sum = |\n${lines}`);
    await take(editor, 'editor.action.inlineSuggest.commit');
    assert.match(editor.document.lineAt(30_002).text, /const sum = alpha;/u);
    assert.ok(JSON.stringify(fills(huge)[0]?.body).length < 20_000);
    assert.match(String(fills(huge)[0]?.body['prompt']), /(?:^|\n)import \{ first \} from '\.\/first';\nconst name2\d{4} = /u);
  });

  it('keep the line breaks of a document with CRLF', async () => {
    await start('  a();\n  b();');
    const editor = await open('function f() {\r\n|\r\n}\r\n');
    await editor.edit((edit) => {
      edit.setEndOfLine(vscode.EndOfLine.CRLF);
    });
    cursorAt(editor, 'function f() {\r\n'.length);
    assert.equal(await take(editor, 'editor.action.inlineSuggest.commit'), 'function f() {\r\n  a();\r\n  b();\r\n}\r\n');
  });

  it('come in a cell of a notebook', async () => {
    const cells = await start('alpha');
    const data = new vscode.NotebookData([new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'total = ', 'python')]);
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
    await vscode.window.showNotebookDocument(notebook);
    await run('notebook.cell.edit');
    const editor = await until(() => vscode.window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'vscode-notebook-cell'));
    cursorAt(editor, 'total = '.length);
    await until(async () => {
      await run('editor.action.inlineSuggest.trigger');
      await pause(300);
      return fills(cells)[0];
    });
    assert.match(String(fills(cells)[0]?.body['prompt']), /total = $/u);
  });

  it('are not asked for where nothing can be written', async () => {
    const readOnly = await start('alpha;');
    const provider = vscode.workspace.registerTextDocumentContentProvider('fairlead-test', { provideTextDocumentContent: () => 'const sum = \n' });
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('fairlead-test:/a.ts'));
    cursorAt(await vscode.window.showTextDocument(document), 12);
    await asksNothing(readOnly);
    provider.dispose();
  });

  it('stay away from files that are switched off by a glob', async () => {
    const off = await start('alpha;');
    await set({ 'inline.notIn': ['Untitled-*'] });
    await open('const sum = |\n');
    await asksNothing(off);
  });

  it('pause for typing, and still come when asked for by hand', async () => {
    const paused = await start('alpha;');
    const editor = await open('const sum =|\n');
    await run('fairlead.inlinePause');
    try {
      await run('type', { text: ' ' });
      await pause(1000);
      assert.equal(fills(paused).length, 0);
      await run('fairlead.inlineTrigger');
      await until(() => fills(paused)[0]);
    } finally {
      await run('fairlead.inlinePause');
    }
    cursorAt(editor, editor.document.getText().length - 1);
  });

  it('see what is like them in another open file, but never in one that is not to be sent', async () => {
    const seen = await start('alpha;');
    const like = 'export function invoiceTotal(invoice: Invoice, taxRate: number): number {\n  const net = invoice.lines.reduce(addAmount, 0);\n  return net * (1 + taxRate);\n}\n';
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const files = ['invoice.ts', 'secrets/invoice.ts'].map((name) => vscode.Uri.joinPath(folder, name));
    try {
      for (const [index, uri] of files.entries()) {
        await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`// file ${String(index)}\n${like}`));
        await vscode.window.showTextDocument(uri, { preview: false });
        await pause(1800);
      }
      const editor = await open('function billTotal(bill: Bill, taxRate: number): number {\n  const net = bill.lines.reduce(addAmount, 0);\n  return |\n}\n');
      await take(editor, 'editor.action.inlineSuggest.commit');
      const prompt = String(fills(seen)[0]?.body['prompt']);
      assert.match(prompt, /\/\/ invoice\.ts\n\/\/ \/\/ file 0/u);
      assert.doesNotMatch(prompt, /file 1/u);
    } finally {
      for (const uri of files) await vscode.workspace.fs.delete(uri);
    }
  });

  it('see what the file imports, but nothing of a file that is not to be sent, that Git ignores, or that lies elsewhere', async () => {
    const seen = await start('alpha;');
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const at = (name: string): vscode.Uri => vscode.Uri.joinPath(folder, 'importing', name);
    const write = (name: string, text: string): Thenable<void> => vscode.workspace.fs.writeFile(at(name), new TextEncoder().encode(text));
    try {
      await write('money.ts', 'export function convert(cents: number, rate: number): number {\n  return cents * rate; // body\n}\n');
      await write('.gitignore', 'built.ts\n');
      await write('built.ts', 'export function builtOne(): void {}\n');
      await write('secrets/own.ts', 'export function secretOne(): void {}\n');
      await symlink(at('secrets/own.ts').fsPath, at('linked.ts').fsPath);
      const imports = ['money', 'built', 'secrets/own', 'linked'].map((name, index) => `import * as m${String(index)} from './${name}';\n`).join('');
      await write('total.ts', `${imports}const total = \n`);
      const editor = await vscode.window.showTextDocument(at('total.ts'), { preview: false });
      cursorAt(editor, editor.document.getText().trimEnd().length + 1);
      const prompt = await until(async () => {
        // What came before the imports were read is not asked again for the same text.
        await run('type', { text: '1' });
        await run('editor.action.inlineSuggest.trigger');
        await pause(400);
        return fills(seen).map(({ body }) => String(body['prompt'])).find((one) => one.includes('convert('));
      }, 15_000);
      assert.match(prompt, /\/\/ importing\/money\.ts\n\/\/ export function convert\(cents: number, rate: number\): number;\n/u);
      assert.doesNotMatch(prompt, /body|builtOne|secretOne/u);
    } finally {
      await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, 'importing'), { recursive: true });
    }
  });
});
