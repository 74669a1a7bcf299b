// Budgets and what was spent, in a real VS Code.
import * as assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Budget } from '../../src/editor/budget';
import { registerBudgetStatus } from '../../src/editor/budget-status';
import { commands } from '../../src/editor/commands-table';
import { createSpending } from '../../src/router/spending/spending';
import type { BudgetState } from '../../src/router/spending/budget';
import type { Candidate } from '../../src/router/types';
import { ledgerRow } from '../support/ledger';
import type { ModelServer } from '../support/openai-server';
import { ask, auto, replaced, reset, serve, set, textOf, until } from './support';

const PRICE = { input: 3, output: 15 };
const chats = (server: ModelServer): unknown[] => server.requests.filter(({ path }) => path.endsWith('/chat/completions')).map(({ body }) => body['model']);
const page = (): string | undefined => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'fairlead-spending')?.getText();

describe('spending', () => {
  let server: ModelServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
    await reset();
    await set({ 'budgets.requestsPerConversation': undefined, 'budgets.atLimit': undefined });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const quiet = (work: () => Promise<void>): Promise<void> =>
    replaced(vscode.window, 'showWarningMessage', () => Promise.resolve(undefined), work);

  it('is on a page and in a file, request by request', async () => {
    server = await serve({ dear: { reply: 'a costly answer', usage: { input: 1_000_000, output: 200_000 } } }, { dear: { price: PRICE } });
    await auto();
    assert.equal(await textOf(await (await auto()).sendRequest(ask('what does it cost?'))), 'a costly answer');
    await vscode.commands.executeCommand(commands.showSpending.id);
    await until(() => (/dear[^\n]*USD 6\.00/u.test(page() ?? '') ? true : undefined));
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-csv-'));
    try {
      const file = vscode.Uri.file(join(folder, 'ledger.csv'));
      await vscode.commands.executeCommand(commands.exportLedger.id, file);
      const csv = readFileSync(file.fsPath, 'utf8');
      assert.match(csv, /,agent,[^,]*,dear,dear,openai,127\.0\.0\.1:\d+,1?\d*,ok,,1000000,,200000,measured,6,/u);
      assert.doesNotMatch(csv, /what does it cost/u);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('that reached the budget of a conversation goes on with a free model, and a new conversation begins at zero', () =>
    quiet(async () => {
      server = await serve({ dear: { reply: 'dear' }, free: { reply: 'free' } }, { dear: { price: PRICE } });
      await set({ defaultModels: ['dear', 'free'], 'budgets.requestsPerConversation': 1 });
      const model = await auto();
      const first = ask(`one long talk ${String(Date.now())}`);
      assert.equal(await textOf(await model.sendRequest(first)), 'dear');
      const second = [...first, vscode.LanguageModelChatMessage.Assistant('dear'), ...ask('and then?')];
      assert.equal(await textOf(await model.sendRequest(second)), 'free');
      assert.equal(await textOf(await model.sendRequest(ask(`another talk ${String(Date.now())}`))), 'dear');
    }));

  it('stops an agent in the middle of its tool loop, with the reason and what to do', () =>
    quiet(async () => {
      server = await serve({ dear: { reply: 'dear' } }, { dear: { price: PRICE } });
      await set({ 'budgets.requestsPerConversation': 1 });
      const model = await auto();
      const question = ask(`repair it ${String(Date.now())}`);
      assert.equal(await textOf(await model.sendRequest(question)), 'dear');
      const call = new vscode.LanguageModelToolCallPart('call_1', 'read_file', { path: 'a.ts' });
      const result = new vscode.LanguageModelToolResultPart('call_1', [new vscode.LanguageModelTextPart('class A {}')]);
      const step = [...question, vscode.LanguageModelChatMessage.Assistant([call]), vscode.LanguageModelChatMessage.User([result])];
      await assert.rejects(async () => textOf(await model.sendRequest(step)), /budget of 1 request is used up[\s\S]*fairlead.budgets.requestsPerConversation/u);
      assert.deepEqual(chats(server), ['dear']);
      await set({ 'budgets.atLimit': 'warn' });
      assert.equal(await textOf(await model.sendRequest(step)), 'dear');
    }));

  it('that nears its budget is told once', async () => {
    const told: string[] = [];
    const telling = ((text: string) => {
      told.push(text);
      return Promise.resolve(undefined);
    }) as typeof vscode.window.showWarningMessage;
    await replaced(vscode.window, 'showWarningMessage', telling, async () => {
      server = await serve({ dear: { reply: 'dear' } }, { dear: { price: PRICE } });
      await set({ 'budgets.requestsPerConversation': 2, 'budgets.atLimit': 'warn' });
      const model = await auto();
      let talk = ask(`count this ${String(Date.now())}`);
      for (let index = 0; index < 4; index += 1) {
        const answer = await textOf(await model.sendRequest(talk));
        talk = [...talk, vscode.LanguageModelChatMessage.Assistant(answer), ...ask(`and ${String(index)}?`)];
      }
    });
    assert.equal(told.filter((text) => /used up/u.test(text)).length, 1, told.join('\n'));
  });
});

interface Drawn {
  text: string;
  tooltip: vscode.MarkdownString | undefined;
  backgroundColor: vscode.ThemeColor | undefined;
  shown: boolean;
}

/** Draws the item with what a budget says; gives back how it looks. */
async function drawn(priced: boolean, rows: number, state: Partial<BudgetState>): Promise<Drawn> {
  const item = { text: '', tooltip: undefined, backgroundColor: undefined, shown: false, show: () => void (item.shown = true), hide: () => void (item.shown = false), dispose: () => undefined };
  const spending = createSpending();
  for (let index = 0; index < rows; index += 1) spending.add(ledgerRow({ at: Date.now(), costUsd: 0.25 }));
  const nothing: vscode.Event<never> = () => new vscode.Disposable(() => undefined);
  const budget: Budget = {
    record: () => undefined,
    state: () => ({ caps: [], stops: [], level: 'ok', ...state }),
    ready: () => Promise.resolve(),
    today: () => spending.since(Date.now()),
    month: () => spending.since(Date.now()),
    rows: () => Promise.resolve([]),
    onDidChange: nothing,
    dispose: () => undefined,
  };
  const candidate: Candidate = { id: 'm', provider: 'openai', model: 'm', locality: 'hosted', endpoint: 'https://x', capabilities: [], capabilitiesKnown: true, origin: 'settings' };
  const candidates = () => [priced ? { ...candidate, price: PRICE } : { ...candidate, locality: 'local' as const }];
  await replaced(vscode.window, 'createStatusBarItem', (() => item) as unknown as typeof vscode.window.createStatusBarItem, async () => {
    registerBudgetStatus({ budget, candidates, pool: { onDidChange: nothing }, settings: { onDidChange: nothing } }).dispose();
    await Promise.resolve();
  });
  return item;
}

describe('the status bar of spending', () => {
  it('is there where models have a price or something was spent, and nowhere else', async () => {
    assert.equal((await drawn(false, 0, {})).shown, false);
    assert.equal((await drawn(true, 0, {})).shown, true);
    assert.equal((await drawn(false, 1, {})).shown, true);
  });

  it('shows what today cost and links to more', async () => {
    const { text, tooltip, backgroundColor } = await drawn(true, 3, {});
    assert.match(text, /\$0\.75/u);
    assert.equal(backgroundColor, undefined);
    assert.match(tooltip?.value ?? '', /Today[^\n]*USD 0\.75[^\n]*3 requests[\s\S]*fairlead\.showSpending/u);
    assert.ok(typeof tooltip?.isTrusted === 'object' && tooltip.isTrusted.enabledCommands.includes(commands.showSpending.id));
  });

  it('takes the colours of the theme for warnings and errors', async () => {
    assert.equal((await drawn(true, 1, { level: 'warn' })).backgroundColor?.id, 'statusBarItem.warningBackground');
    assert.equal((await drawn(true, 1, { level: 'stop' })).backgroundColor?.id, 'statusBarItem.errorBackground');
  });
});
