// Ghost text where files do not lie on this machine's disk: in a remote window, and in a virtual workspace.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { createGlobMatcher } from '../../src/adapters/globs';
import { requestAt } from '../../src/editor/completion-request';
import { DOCUMENT_SCHEMES } from '../../src/editor/document-schemes';
import { neverSent } from '../../src/router/privacy/never-sent';
import { BUILT_IN_NEVER_SEND } from '../../src/settings/never-send';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { cursorAt, run, take } from './ghost-text';
import { auto, reset, set } from './support';


/** Files in memory, as the extensions of virtual workspaces offer them. */
function filesIn(contents: Map<string, Uint8Array>): vscode.FileSystemProvider {
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const read = (uri: vscode.Uri): Uint8Array => {
    const bytes = contents.get(uri.path);
    if (!bytes) throw vscode.FileSystemError.FileNotFound(uri);
    return bytes;
  };
  return {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => ({ type: vscode.FileType.File, ctime: 0, mtime: 0, size: read(uri).length }),
    readDirectory: () => [],
    readFile: read,
    writeFile: (uri, bytes) => void contents.set(uri.path, bytes),
    createDirectory: () => undefined,
    delete: (uri) => void contents.delete(uri.path),
    rename: () => undefined,
  };
}

describe('away from this machine’s disk', () => {
  let near: ModelServer;
  let far: ModelServer;
  let counted: CountingProxy;
  const files = new Map<string, Uint8Array>();
  let mounted: vscode.Disposable;

  before(async () => {
    await auto();
    mounted = vscode.workspace.registerFileSystemProvider('vscode-vfs', filesIn(files), { isCaseSensitive: true });
    await vscode.workspace.getConfiguration('editor').update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
  });
  beforeEach(async () => {
    near = await startModelServer({ models: { m: { reply: 'near + here;' } } });
    far = await startModelServer({ models: { m: { reply: 'far + away;' } } });
    counted = await startCountingProxy({ to: far.url });
    const model = { provider: 'openai', model: 'm', capabilities: ['fim'], contextWindow: 32_768 };
    await set({ models: { near: { ...model, baseUrl: near.baseUrl }, far: { ...model, baseUrl: counted.baseUrl } }, 'inline.models': ['far', 'near'], 'inline.debounceMs': 0, 'inline.context': false });
  });
  afterEach(async () => {
    await run('workbench.action.closeAllEditors');
    await Promise.all([near.close(), counted.close(), far.close()]);
    await set({ 'inline.models': undefined, 'inline.debounceMs': undefined, 'inline.context': undefined, neverSend: undefined });
    await reset();
    files.clear();
  });
  after(() => {
    mounted.dispose();
  });

  /** Opens a file of a repository that nobody has cloned. */
  async function open(path: string, content: string): Promise<vscode.TextEditor> {
    files.set(`/owner/repo/${path}`, new TextEncoder().encode(content));
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(`vscode-vfs://github/owner/repo/${path}`));
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    cursorAt(editor, content.length);
    return editor;
  }

  it('these tests run in a remote window: its files count as files, and its extension host is the other machine', async function () {
    if (vscode.env.uiKind !== vscode.UIKind.Web) this.skip();
    // The page is a browser's, the extension host a process of the server.
    assert.notEqual(vscode.env.remoteName, undefined);
    assert.equal(vscode.workspace.workspaceFolders?.[0]?.uri.scheme, 'file');
    assert.equal(vscode.extensions.getExtension('fairlead.fairlead')?.extensionKind, vscode.ExtensionKind.Workspace);
  });

  it('ghost text comes in a file of a virtual workspace, whole and by word', async () => {
    const editor = await open('src/total.ts', 'const sum = ');
    assert.equal(editor.document.uri.scheme, 'vscode-vfs');
    assert.equal(await take(editor, 'fairlead.inlineTakeWord'), 'const sum = far');
    assert.equal(await take(editor, 'editor.action.inlineSuggest.commit'), 'const sum = far + away;');
  });

  it('a file of its that is never sent is completed on this machine alone', async () => {
    const editor = await open('.env', 'API_KEY = ');
    assert.match(await take(editor, 'editor.action.inlineSuggest.commit'), /near \+ here/u);
    assert.equal(counted.bytes(), 0);
  });

  it('rules by path hold for it', async () => {
    await set({ rules: [{ when: { path: ['**/legacy/**'] }, require: 'local' }] });
    const editor = await open('legacy/old.ts', 'const sum = ');
    assert.match(await take(editor, 'editor.action.inlineSuggest.commit'), /near \+ here/u);
    assert.equal(counted.bytes(), 0);
  });

  it('files of another machine have their path there, so that rules and never sent files hold', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'typescript', content: 'KEY=' });
    const at = (uri: string): string => {
      const there = new Proxy(document, { get: (target, key) => (key === 'uri' ? vscode.Uri.parse(uri) : (Reflect.get(target, key) as unknown)) });
      const context = { triggerKind: vscode.InlineCompletionTriggerKind.Automatic, selectedCompletionInfo: undefined };
      const request = requestAt({ document: there, position: new vscode.Position(0, 4), context });
      assert.equal(vscode.Uri.parse(request.document).toString(), vscode.Uri.parse(uri).toString());
      return request.path;
    };
    const matches = createGlobMatcher();
    for (const uri of [
      'vscode-remote://ssh-remote+host/home/x/.env',
      'vscode-remote://ssh-remote%2B7b22686f7374227d/home/x/my%20project/.env.production',
      'vscode-remote://wsl+ubuntu/home/x/.ssh/config',
      'vscode-remote://dev-container+abc/workspaces/shop/secrets/key.txt',
      'vscode-vfs://github/owner/repo/.env',
      'vscode-notebook-cell://ssh-remote+host/home/x/secrets/a.ipynb#W0sZmlsZQ',
    ]) {
      assert.ok(DOCUMENT_SCHEMES.includes(vscode.Uri.parse(uri).scheme));
      assert.ok(neverSent(at(uri), { neverSend: { globs: BUILT_IN_NEVER_SEND, except: [], added: [] }, matches }), uri);
    }
    const plain = at('vscode-remote://ssh-remote+host/home/x/clients/acme/pay.ts');
    assert.equal(plain, '/home/x/clients/acme/pay.ts');
    assert.ok(matches(['**/clients/**'], plain));
  });
});
