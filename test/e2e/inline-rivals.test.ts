// A second provider of ghost text: the hint that is shown once, and what its buttons do.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { useWorkbench, waitFor } from './harness';

const SETTING = 'continue.enableTabAutocomplete';
const HINT = 'Continue shows inline completions too';

/** An extension by a name that is known to complete, with the setting that switches that off, and a provider. */
function packRival(folder: string): string {
  const manifest = {
    publisher: 'Continue',
    name: 'continue',
    version: '1.0.0',
    engines: { vscode: '^1.100.0' },
    main: './extension.js',
    activationEvents: ['onStartupFinished'],
    contributes: { configuration: { properties: { [SETTING]: { type: 'boolean', default: true } } } },
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'README.md'), '# A second provider\n');
  writeFileSync(
    path.join(folder, 'extension.js'),
    `const vscode = require('vscode');
    exports.activate = () => vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, { provideInlineCompletionItems: () => [] });`,
  );
  const packagePath = path.join(folder, 'rival.vsix');
  const vsce = path.join(import.meta.dirname, '../../node_modules/@vscode/vsce/vsce');
  execFileSync(process.execPath, [vsce, 'package', '--out', packagePath, '--no-dependencies', '--allow-missing-repository', '--skip-license'], { cwd: folder });
  return packagePath;
}

describe('ghost text beside another provider’s', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-rival-'));
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer({ models: { 'qwen2.5-coder:7b': { reply: 'price * count;' } } });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const workbench = useWorkbench(() => ({
    settings: {
      'editor.inlineSuggest.syntaxHighlightingEnabled': false,
      'fairlead.models': { local: { provider: 'openai', baseUrl: server.baseUrl, model: 'qwen2.5-coder:7b', capabilities: ['fim'] } },
    },
    files: { 'total.ts': 'function total(price: number, count: number) {\n  return\n}\n' },
    otherExtensions: [packRival(folder)],
  }));

  it('says that two are on when the first suggestion is shown, and turns the other one off', async () => {
    const { editor, window, screenshot } = workbench();
    expect(await window.notifications()).not.toContainEqual(expect.stringContaining(HINT));
    await editor.open('total.ts', 2, 9);
    // A window that is still starting may miss a key: type it again.
    await waitFor(async () => {
      await editor.type(' ');
      const shown = await window.waitForNotification(HINT, 8000).catch(() => '');
      if (shown === '') await editor.press('Backspace');
      return shown !== '';
    }, { what: 'the hint' });
    await screenshot('ghost-text-rival');
    await window.clickNotification(HINT, 'Turn Off Continue’s');
    await waitFor(() => workbench().userSettings().includes(`"${SETTING}": false`), { what: 'the setting of the other provider' });
  });

  it('says so once', async () => {
    const { editor, page, reload, window } = workbench();
    workbench().setSettings({ [SETTING]: true });
    await reload();
    await editor.open('total.ts', 2, 9);
    const asked = server.requests.length;
    await waitFor(async () => {
      await editor.type(' ');
      await page.waitForTimeout(1500);
      return server.requests.slice(asked).some(({ path: at }) => at.endsWith('/completions'));
    }, { what: 'a completion after the reload' });
    expect(await window.notifications()).not.toContainEqual(expect.stringContaining(HINT));
  });
});
