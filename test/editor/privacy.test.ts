// Inside VS Code: what stays on this machine, what a hosted model does not get to see, and the question before a
// secret leaves. The hosted server stands behind a listener that counts bytes.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { createGlobMatcher } from '../../src/adapters/globs';
import { createSecretFinder } from '../../src/adapters/secrets';
import { createPrivacy, type Agreed } from '../../src/editor/privacy';
import { createSettingsStore } from '../../src/editor/settings-store';
import type { Candidate, Decision, RouteRequest } from '../../src/router/types';
import { silentLog } from '../../src/shared/log';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { SECRETS } from '../support/secrets';
import { fills, open, take } from './ghost-text';
import { ask, auto, pause, replaced, reset, set, textOf, until } from './support';

const root = (): vscode.Uri => vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/');

describe('privacy', () => {
  let near: ModelServer;
  let far: ModelServer;
  let counted: CountingProxy;

  beforeEach(async () => {
    near = await startModelServer({ models: { m: { reply: 'from here' } } });
    far = await startModelServer({ models: { m: { reply: 'from there' } } });
    counted = await startCountingProxy({ to: far.url });
    const model = { provider: 'openai', model: 'm', capabilities: ['tools', 'fim'], contextWindow: 32_768 };
    await set({ models: { near: { ...model, baseUrl: near.baseUrl }, far: { ...model, baseUrl: counted.baseUrl } }, defaultModels: ['far'], routes: [{ name: 'work', description: 'any work', models: ['far'] }] });
  });

  afterEach(async () => {
    await Promise.all([near.close(), counted.close(), far.close()]);
    await set({ neverSend: undefined, secrets: undefined, 'inline.debounceMs': undefined, 'inline.models': undefined });
    await reset();
  });

  it('an agent’s request may go to a hosted model, which gets placeholders for secrets', async () => {
    const model = await auto();
    assert.equal(await textOf(await model.sendRequest(ask(`deploy with ${SECRETS.github} please`))), 'from there');
    const sent = counted.text();
    assert.ok(!sent.includes(SECRETS.github));
    assert.match(sent, /deploy with \[GitHub token withheld, leave as is\] please/u);
  });

  it('a file that is never sent is left out of what an agent sends to a hosted model', async () => {
    const model = await auto();
    const path = vscode.Uri.joinPath(root(), '.env').fsPath;
    const messages = ask(`<attachment filePath="${path}">\nKEY=never-to-be-seen\n</attachment>\n<userRequest>why is it not loaded?</userRequest>`);
    assert.equal(await textOf(await model.sendRequest(messages)), 'from there');
    assert.ok(!counted.text().includes('never-to-be-seen'));
    assert.match(counted.text(), /why is it not loaded/u);
  });

  it('a rule keeps an agent’s request here, and not a byte leaves', async () => {
    await set({ rules: [{ when: { path: ['clients/**'] }, require: 'local' }] });
    const model = await auto();
    const path = vscode.Uri.joinPath(root(), 'clients', 'acme.ts').fsPath;
    assert.equal(await textOf(await model.sendRequest(ask(`explain ${path}`))), 'from here');
    assert.equal(counted.bytes(), 0);
  });

  it('where secrets block, a request that holds one stays here', async () => {
    await set({ secrets: 'block' });
    const model = await auto();
    assert.equal(await textOf(await model.sendRequest(ask(`deploy with ${SECRETS.npm}`))), 'from here');
    assert.equal(counted.bytes(), 0);
  });

  it('a whole workspace is kept here by its folder, and hosted servers are not even looked for', async () => {
    await set({ rules: [{ when: { workspace: [`**/${root().path.split('/').at(-1) ?? ''}`] }, require: 'local' }], 'discovery.endpoints': [counted.url] });
    try {
      await vscode.commands.executeCommand('fairlead.routeText', 'anything');
      const model = await auto();
      assert.equal(await textOf(await model.sendRequest(ask('anything at all'))), 'from here');
      assert.equal(counted.connections(), 0);
    } finally {
      await set({ 'discovery.endpoints': undefined });
    }
  });

  it('ghost text in a file that is never sent comes from this machine', async () => {
    await set({ neverSend: ['private-*.ts'], 'inline.debounceMs': 0 });
    await auto();
    const file = vscode.Uri.joinPath(root(), 'private-notes.ts');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode('const sum = 1 + '));
    try {
      const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
      const end = editor.document.positionAt(editor.document.getText().length);
      editor.selection = new vscode.Selection(end, end);
      await until(async () => {
        await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
        await pause(300);
        return near.requests.some(({ path }) => /completions$|infill$/u.test(path)) ? true : undefined;
      });
      assert.equal(counted.bytes(), 0);
    } finally {
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await vscode.workspace.fs.delete(file);
    }
  });

  it('ghost text takes nothing along from an open file that holds a key, and is no less hosted for it', async () => {
    await set({ 'inline.models': ['far'], 'inline.debounceMs': 0 });
    const total = (first: string): string => `export function invoiceTotal(invoice: Invoice, taxRate: number): number {\n  ${first}\n  const net = invoice.lines.reduce(addAmount, 0);\n  return net * (1 + taxRate);\n}\n`;
    const texts = { 'plain.ts': total('const note = "as agreed";'), 'keyed.ts': total(`const token = "${SECRETS.github}";`) };
    const files = Object.keys(texts).map((name) => vscode.Uri.joinPath(root(), name));
    try {
      for (const [index, text] of Object.values(texts).entries()) {
        const file = files[index] ?? root();
        await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
        await vscode.window.showTextDocument(file, { preview: false });
        await pause(1800);
      }
      const editor = await open('function billTotal(bill: Bill, taxRate: number): number {\n  const net = bill.lines.reduce(addAmount, 0);\n  return |\n}\n');
      assert.match(await take(editor, 'editor.action.inlineSuggest.commit'), /return from there/u);
      const [asked] = fills(far);
      assert.match(JSON.stringify(asked?.body), /as agreed/u);
      assert.doesNotMatch(JSON.stringify(asked?.body), /keyed\.ts|const token/u);
      assert.ok(!counted.text().includes(SECRETS.github));
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      for (const file of files) await vscode.workspace.fs.delete(file);
    }
  });

  it('the page says what may leave and why not', async () => {
    await set({ neverSend: ['private-*.ts'] });
    const file = vscode.Uri.joinPath(root(), 'private-page.ts');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(`const token = '${SECRETS.slack}';`));
    try {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
      await vscode.commands.executeCommand('fairlead.whatMayLeave');
      // The page is shown as a preview; its text is the document behind it.
      const uri = vscode.Uri.from({ scheme: 'fairlead-privacy', path: '/What May Leave.md' });
      const page = (await vscode.workspace.openTextDocument(uri)).getText();
      assert.match(page, /private-page\.ts\*\* stays on this machine/u);
      assert.match(page, /“private-\\\*\.ts” is among the files that never leave/u);
      assert.match(page, /It holds: Slack token/u);
      assert.ok(!page.includes(SECRETS.slack));
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await vscode.workspace.fs.delete(file);
    }
  });
});

describe('before a secret leaves in chat', () => {
  const candidate = (id: string, locality: Candidate['locality']): Candidate => ({ id, provider: 'openai', model: 'm', endpoint: '', locality, capabilities: [], capabilitiesKnown: true, origin: 'settings' });
  const secrets = [{ kind: 'GitHub token', count: 1 }];
  const request: RouteRequest = { id: 'r1', surface: 'chat', turns: [], inputTokens: 1, needs: [], paths: [], languages: [], secrets };
  const decision = { id: 'r1', model: 'far', fallbacks: ['near', 'other'], reasons: [{ kind: 'secret', found: secrets, then: 'replaced' }], refused: [], localOnly: false } as unknown as Decision;
  const routed: Agreed = { decision, candidates: [candidate('far', 'hosted'), candidate('near', 'local'), candidate('other', 'hosted')] };

  type Outcome = { agreed: Agreed | undefined; error: unknown; told: string[]; sunk: Decision[] };

  async function asked(choice: string | undefined, ...requests: Partial<RouteRequest>[]): Promise<Outcome> {
    const told: string[] = [];
    const sunk: Decision[] = [];
    const settings = createSettingsStore({ log: silentLog });
    const privacy = createPrivacy({ settings, findSecrets: createSecretFinder(), matches: createGlobMatcher(), sink: (one) => sunk.push(one), log: silentLog });
    const warn = ((text: string, _options: unknown, ...choices: string[]) => {
      told.push(`${text} [${choices.join('|')}]`);
      return Promise.resolve(choice);
    }) as unknown as typeof vscode.window.showWarningMessage;
    const outcome: { agreed: Agreed | undefined; error: unknown } = { agreed: undefined, error: undefined };
    await replaced(vscode.window, 'showWarningMessage', warn, async () => {
      try {
        for (const fields of requests.length > 0 ? requests : [{}]) {
          outcome.agreed = await privacy.agreed(routed, { ...request, ...fields }, new AbortController().signal);
        }
      } catch (error) {
        outcome.error = error;
      }
    });
    settings.dispose();
    return { ...outcome, told, sunk };
  }

  it('the user is asked, with the kind of secret, the model, and what can be done instead', async () => {
    const { agreed, told } = await asked('Send with a Placeholder');
    assert.deepEqual(told, ['Your request to far holds: GitHub token. [Send with a Placeholder|Use near on This Machine|Send as It Is]']);
    assert.deepEqual([agreed?.decision.model, agreed?.secrets], ['far', undefined]);
  });

  it('the model on this machine takes over, without hosted ones behind it', async () => {
    const { agreed, sunk } = await asked('Use near on This Machine');
    assert.deepEqual([agreed?.decision.model, agreed?.decision.fallbacks, agreed?.decision.localOnly], ['near', [], true]);
    assert.deepEqual(sunk.map(({ model }) => model), ['near']);
  });

  it('it goes as it is only when the user says so', async () => {
    const { agreed } = await asked('Send as It Is');
    assert.equal(agreed?.secrets, 'send');
    assert.match(JSON.stringify(agreed.decision.reasons), /"then":"sent"/u);
  });

  it('nothing is sent when the question is closed', async () => {
    const { error } = await asked(undefined);
    assert.match(String(error), /Nothing was sent/u);
  });

  const talk = { conversation: 'one' };
  const more = { conversation: 'one', secrets: [...secrets, { kind: 'npm token', count: 1 }] };

  it('a follow-up does not ask again, as long as no other kind of secret comes up', async () => {
    assert.equal((await asked('Send with a Placeholder', talk, talk)).told.length, 1);
    assert.equal((await asked('Use near on This Machine', talk, talk)).agreed?.decision.model, 'near');
    assert.equal((await asked('Send with a Placeholder', talk, more)).told.length, 2);
  });

  it('what went as it is once is asked about again', async () => {
    assert.equal((await asked('Send as It Is', talk, talk)).told.length, 2);
  });

  it('nobody is asked for an agent, a dry run, or a request without a secret', async () => {
    for (const fields of [{ surface: 'agent' }, { id: 'dry-1' }, { secrets: [] }] as const) {
      const { told, agreed } = await asked(undefined, fields);
      assert.deepEqual([told, agreed?.decision.model], [[], 'far']);
    }
  });
});
