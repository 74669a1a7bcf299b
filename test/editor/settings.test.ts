import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { createSettingsStore } from '../../src/editor/settings-store';
import { silentLog } from '../../src/shared/log';
import { pause, replaced, reset, set, until } from './support';

type Warn = typeof vscode.window.showWarningMessage;

const workspace = (values: Readonly<Record<string, unknown>>): Promise<void> =>
  Object.entries(values).reduce(
    (before, [key, value]) =>
      before.then(async () => {
        await vscode.workspace.getConfiguration('fairlead').update(key, value, vscode.ConfigurationTarget.Workspace);
      }),
    Promise.resolve(),
  );

describe('settings', () => {
  afterEach(async () => {
    await workspace({ routes: undefined, rules: undefined, defaultModels: undefined });
    await reset();
  });

  it('of the user and of the workspace are read as layers', async () => {
    await set({
      routes: [{ name: 'mine', description: 'work of mine' }],
      rules: [{ when: {}, prefer: ['a'] }],
      defaultModels: ['a'],
    });
    await workspace({
      routes: [{ name: 'ours', description: 'work of ours' }],
      rules: [{ when: { path: ['pay/**'] }, require: 'local', reason: 'client code' }],
      defaultModels: ['b'],
    });
    const store = createSettingsStore({ log: silentLog });
    try {
      const settings = store.for();
      assert.deepEqual(settings.routes.map(({ name, origin }) => [name, origin]), [['mine', 'user'], ['ours', 'workspace']]);
      assert.deepEqual(settings.rules.map(({ label, origin }) => [label, origin]), [['rule 1 of the user settings', 'user'], ['client code', 'workspace']]);
      assert.deepEqual(settings.defaultModels, ['b']);
    } finally {
      store.dispose();
    }
  });

  it('that change are read again', async () => {
    const store = createSettingsStore({ log: silentLog });
    try {
      assert.deepEqual(store.for().defaultModels, []);
      let changes = 0;
      store.onDidChange(() => {
        changes += 1;
      });
      await set({ defaultModels: ['x'] });
      await until(() => (changes > 0 ? true : undefined));
      assert.deepEqual(store.for().defaultModels, ['x']);
    } finally {
      store.dispose();
    }
  });

  it('that cannot be used are told once, with the way to them', async () => {
    const told: string[] = [];
    const warn = ((text: string, ...choices: string[]) => {
      told.push(`${text} [${choices.join()}]`);
      return Promise.resolve(undefined);
    }) as unknown as Warn;
    await replaced(vscode.window, 'showWarningMessage', warn, async () => {
      const bad = [{ name: 'broken' }, { name: 'fine', description: 'a fine route' }];
      await set({ routes: bad });
      const store = createSettingsStore({ log: silentLog });
      try {
        assert.deepEqual(store.for().routes.filter(({ origin }) => origin === 'user').map(({ name }) => name), ['fine']);
        await set({ routes: [...bad, { name: 'more', description: 'more of it' }] });
        await pause(300);
        store.for();
        const own = told.filter((text) => text.includes('fairlead.routes[0].description'));
        // The extension's own store tells it too: each store tells it once.
        assert.ok(own.length >= 1 && own.length <= 2, told.join('\n'));
        assert.match(own[0] ?? '', /\[Open Settings\]$/u);
      } finally {
        store.dispose();
      }
    });
  });

  it('switch ghost text off for one language', async () => {
    const configuration = vscode.workspace.getConfiguration('fairlead', { languageId: 'markdown' });
    await configuration.update('inline.enabled', false, vscode.ConfigurationTarget.Global, true);
    const store = createSettingsStore({ log: silentLog });
    try {
      const markdown = await vscode.workspace.openTextDocument({ language: 'markdown', content: '# a' });
      const python = await vscode.workspace.openTextDocument({ language: 'python', content: 'a = 1' });
      assert.equal(store.inlineEnabled(markdown), false);
      assert.equal(store.inlineEnabled(python), true);
    } finally {
      await configuration.update('inline.enabled', undefined, vscode.ConfigurationTarget.Global, true);
      store.dispose();
    }
  });
});
