// What the user can do about ghost text: end it, refuse it, ask why it is there, and hear of a second provider.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { createGlobMatcher } from '../../src/adapters/globs';
import { createCompletionSwitch } from '../../src/editor/completion-switch';
import { createInlineStatus } from '../../src/editor/inline-status';
import { createDecisionLog } from '../../src/editor/decision-log';
import { createSettingsStore } from '../../src/editor/settings-store';
import { createConversationMemory } from '../../src/router/memory';
import { createRouter } from '../../src/router/route';
import type { Candidate, RouteRequest } from '../../src/router/types';
import { silentLog } from '../../src/shared/log';
import { candidate, recordingLog } from '../support/adapters';
import type { ModelServer } from '../support/openai-server';
import { fills, MODEL, open, run } from './ghost-text';
import { auto, pause, replaced, reset, serve, set, until } from './support';

const LARGE = 'qwen2.5-coder:7b';
const SMALL = 'qwen2.5-coder:1.5b';
const LONG = Array.from({ length: 60 }, () => 'alpha +').join(' ');

describe('ghost text and its user', () => {
  let server: ModelServer | undefined;
  before(async () => {
    await auto();
    await vscode.workspace.getConfiguration('editor').update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
    await set({ 'inline.debounceMs': 0 });
  });
  afterEach(async () => {
    await run('workbench.action.closeAllEditors');
    await server?.close();
    server = undefined;
    await reset();
  });
  after(async () => {
    await set({ 'inline.debounceMs': undefined });
  });

  const typescript = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('fairlead', { languageId: 'typescript' });
  const moves = async (): Promise<void> => {
    const { activeTextEditor: editor } = vscode.window;
    if (editor) editor.selection = new vscode.Selection(0, 0, 0, 0);
  };
  const nothing = async (): Promise<void> => undefined;
  for (const [what, happens, takeBack] of [
    ['the cursor going elsewhere', moves, nothing],
    ['closing the file', () => run('workbench.action.revertAndCloseActiveEditor'), nothing],
    ['a pause', () => run('fairlead.inlinePause'), () => run('fairlead.inlinePause')],
    [
      'switching the language off',
      () => typescript().update('inline.enabled', false, vscode.ConfigurationTarget.Global, true),
      () => typescript().update('inline.enabled', undefined, vscode.ConfigurationTarget.Global, true),
    ],
  ] as const) {
    it(`is ended at the server by ${what}`, async () => {
      const slow = (server = await serve({ [MODEL]: { reply: LONG, tokenMs: 400 } }));
      await open('const sum = |\n');
      // Not awaited: the command ends with the answer.
      void run('editor.action.inlineSuggest.trigger');
      await until(() => fills(slow)[0]);
      try {
        await happens();
        await until(() => fills(slow).every(({ aborted }) => aborted) || undefined);
        assert.equal(fills(slow).some(({ finished }) => finished), false);
      } finally {
        await takeBack();
      }
    });
  }

  it('is ended at the server by Escape while the rest of it is still written, and does not come back', async () => {
    const slow = (server = await serve({ [MODEL]: { reply: Array.from({ length: 40 }, (_, line) => `  a${String(line)}();`).join('\n'), tokenMs: 300 } }));
    const editor = await open('function f() {\n|\n}\n');
    await run('editor.action.inlineSuggest.trigger');
    assert.equal(fills(slow).some(({ finished }) => finished), false, 'its first lines are there');
    await run('fairlead.inlineDismiss');
    await until(() => fills(slow).every(({ aborted }) => aborted) || undefined);
    await pause(1000);
    await run('editor.action.inlineSuggest.commit');
    assert.equal(editor.document.getText(), 'function f() {\n\n}\n');
  });

  it('is not suggested again where the user refused it, until he asks by hand', async () => {
    const told = (server = await serve({ [MODEL]: { reply: ({ prompt }) => 'alpha;'.slice(/const sum = (\w*)$/u.exec(String(prompt))?.[1]?.length ?? 0) } }));
    const editor = await open('const sum = |\n');
    await run('editor.action.inlineSuggest.trigger');
    await until(() => fills(told)[0]?.finished);
    await pause(400);
    await run('fairlead.inlineRefuse');
    const asked = fills(told).length;
    await run('type', { text: 'a' });
    await until(() => fills(told).length > asked || undefined);
    await pause(800);
    await run('editor.action.inlineSuggest.commit');
    assert.equal(editor.document.getText(), 'const sum = a\n');
    await until(async () => {
      await run('editor.action.inlineSuggest.trigger');
      await pause(300);
      await run('editor.action.inlineSuggest.commit');
      return editor.document.getText() === 'const sum = alpha;\n' || undefined;
    });
  });

  it('comes from a smaller model when the usual one is too slow to be seen, and the page says so', async () => {
    const two = (server = await serve({ [LARGE]: { reply: 'alpha;', firstTokenMs: 1100 }, [SMALL]: { reply: 'beta;' } }));
    const of = (model: string): ModelServer['requests'] => fills(two).filter(({ body }) => body['model'] === model);
    await open('const sum = |\n');
    await until(async () => {
      await run('type', { text: 'x' });
      await run('editor.action.inlineSuggest.trigger');
      return of(SMALL)[0];
    }, 50_000);
    assert.ok(of(LARGE).length >= 8);
    await run('fairlead.inlineWhy');
    const page = await until(() => vscode.workspace.textDocuments.find(({ uri, isClosed }) => uri.scheme === 'fairlead-decision' && uri.path.includes('1.5b') && !isClosed));
    assert.match(page.getText(), /qwen2\.5-coder:7b takes 1\.\d s to its first words here and does not answer before you usually type on \(1\.0 s\): qwen2\.5-coder:1\.5b is asked first/u);
  });

  it('can be asked why it is there: which model, by which rule, and what was not considered', async () => {
    const asked = (server = await serve({ [MODEL]: { reply: 'alpha;' }, other: { reply: 'beta;' } }));
    await set({ rules: [{ when: { language: ['typescript'] }, prefer: [MODEL], reason: 'quick with types' }, { when: {}, exclude: ['other'], reason: 'being tested' }] });
    await open('const sum = |\n');
    await run('editor.action.inlineSuggest.trigger');
    await until(() => fills(asked)[0]?.finished);
    await pause(400);
    await run('fairlead.inlineWhy');
    const page = await until(() => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'fairlead-decision' && uri.path.endsWith(`Why ${MODEL}.md`)));
    const text = page.getText();
    assert.match(text, /^# Why `qwen2\.5-coder`/u);
    assert.match(text, /ghost text is not classified/u);
    assert.match(text, /prefer: .*quick with types/u);
    assert.match(text, /other: excluded \(.*being tested/u);
    assert.match(text, /## What happened/u);
  });

  it('tells in the language status which model writes, whether it is at work, and what is wrong', () =>
    withStatus(async ({ item, status, onOff }) => {
      status.asking('mine');
      assert.deepEqual([item.text, item.detail, item.busy, item.severity], ['Fairlead completions on', 'mine', true, vscode.LanguageStatusSeverity.Information]);
      status.answered('mine');
      assert.deepEqual([item.detail, item.busy], ['mine', false]);
      status.idle('mine: out of memory');
      assert.deepEqual([item.detail, item.severity], ['mine: out of memory', vscode.LanguageStatusSeverity.Warning]);
      onOff.pause();
      assert.deepEqual([item.text, item.command?.command], ['Fairlead completions paused', 'fairlead.inlinePause']);
      assert.match(item.detail ?? '', /^until \d\d:\d\d$/u);
      await Promise.resolve();
    }));
});

describe('the decision about ghost text', () => {
  it('goes to the channel at debug, with its model and its reason', () => {
    const log = recordingLog();
    const decisions = createDecisionLog({ log });
    const router = createRouter({ classifiers: () => [], memory: createConversationMemory(), clock: { now: () => 0 }, sink: decisions.sink });
    const named = (id: string, model: string): Candidate => candidate({ id, model, endpoint: 'http://127.0.0.1:1', capabilities: ['fim'] });
    const request: RouteRequest = { id: 'd1', surface: 'inline', turns: [], inputTokens: 10, needs: ['fim'], paths: ['a.ts'], languages: ['typescript'], pace: { onBattery: true, firstTextMs: {}, proven: [] } };
    router.routeNow(request, { routes: [], candidates: [named('usual', 'coder-7b'), named('small', 'coder-1b')], rules: [], defaultModels: [], matches: createGlobMatcher() });
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0] ?? '', /^debug \[d1\] inline: .*-> small, then usual .*battery: small before the larger usual/u);
    assert.equal(decisions.lastInline()?.model, 'small');
    decisions.dispose();
  });
});

interface StatusParts {
  readonly item: Partial<vscode.LanguageStatusItem>;
  readonly status: ReturnType<typeof createInlineStatus>;
  readonly onOff: ReturnType<typeof createCompletionSwitch>;
}

/** A status item of our own, which VS Code does not show. */
async function withStatus(work: (parts: StatusParts) => Promise<void>): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'typescript', content: '' });
  await vscode.window.showTextDocument(document);
  const item: Partial<vscode.LanguageStatusItem> = { dispose: () => undefined };
  const settings = createSettingsStore({ log: silentLog });
  const onOff = createCompletionSwitch({ settings, matches: createGlobMatcher(), battery: { isUsed: () => false, isLow: () => false } });
  try {
    await replaced(vscode.languages, 'createLanguageStatusItem', () => item as vscode.LanguageStatusItem, async () => {
      const status = createInlineStatus({ settings, onOff });
      await work({ item, status, onOff });
      status.dispose();
    });
  } finally {
    onOff.dispose();
    settings.dispose();
  }
}
