// Ghost text on screen and Tab; on and off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { useWorkbench, waitFor } from './harness';
import type { Editor } from './harness-editor';

/** A window that is still starting may miss a key: type it again. */
async function typeUntilGhostText(editor: Editor, part: string): Promise<string> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await editor.type(' ');
    const shown = await editor.waitForGhostText(part, 8000).catch(() => undefined);
    if (shown !== undefined) return shown;
    await editor.press('Backspace');
  }
  throw new Error('no ghost text');
}

describe('ghost text', () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer({ models: { 'qwen2.5-coder:7b': { reply: 'price * count;\n}' } } });
  });
  afterAll(() => server.close());
  const workbench = useWorkbench(() => ({
    settings: {
      // Coloured ghost text is cut into words, and no longer reads as one text.
      'editor.inlineSuggest.syntaxHighlightingEnabled': false,
      'fairlead.models': { local: { provider: 'openai', baseUrl: server.baseUrl, model: 'qwen2.5-coder:7b', capabilities: ['fim'] } },
    },
    files: {
      'total.ts': 'function total(price: number, count: number) {\n  return\n}\n',
      'count.ts': 'function count(price: number, count: number) {\n  return\n}\n',
      'price.ts': 'function price(price: number, count: number) {\n  return\n}\n',
      'notes.md': '# Notes\n',
    },
  }));

  it('appears while typing, trimmed, and Tab accepts it', async () => {
    const { editor, screenshot } = workbench();
    await editor.open('total.ts', 2, 9);
    expect(await typeUntilGhostText(editor, 'price * count;')).not.toContain('}');
    await screenshot('ghost-text');
    await editor.press('Tab');
    await expect.poll(() => editor.text()).toContain('return price * count;');
    expect(await editor.text()).toMatch(/price \* count;\n\}/u);
  });

  it('is said to come from which model in the language status, and why on a page', async () => {
    const { editor, page, screenshot, window } = workbench();
    await editor.open('price.ts', 2, 9);
    await typeUntilGhostText(editor, 'price * count;');
    const hover = page.locator('.hover-language-status').filter({ hasText: 'Fairlead completions on' }).first();
    await waitFor(async () => {
      await page.locator('[id="status.languageStatus"]').hover();
      return hover.isVisible();
    }, { what: 'the language status' });
    await screenshot('ghost-text-language-status');
    expect(await hover.innerText()).toMatch(/Fairlead completions on[\s\S]*local[\s\S]*Turn off/u);
    await page.keyboard.press('Escape');
    await window.runCommand('Fairlead: Why This Completion?');
    await page.locator('.tab').filter({ hasText: 'Why local' }).first().waitFor();
  });

  it('is taken word by word with a key, and goes with Escape', async () => {
    const { editor } = workbench();
    await editor.open('count.ts', 2, 9);
    await typeUntilGhostText(editor, 'price * count;');
    await editor.press('Control+ArrowRight');
    await expect.poll(() => editor.ghostText()).toMatch(/^\s*\*\s*count;/u);
    await editor.press('Escape');
    await expect.poll(() => editor.ghostText()).toBe('');
    expect(await editor.text()).toMatch(/return price *\n\}/u);
  });

  it('is gone after Toggle Inline Completions', async () => {
    const { editor, window } = workbench();
    await window.runCommand('Fairlead: Toggle Inline Completions');
    await expect.poll(() => window.statusBar(), { timeout: 20_000 }).toContainEqual(expect.stringContaining('Inline completions off'));
    const before = server.requests.length;
    await editor.open('notes.md', 1, 8);
    await editor.type(' of the day');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await editor.ghostText()).toBe('');
    expect(server.requests.slice(before).filter(({ method }) => method === 'POST')).toEqual([]);
    await window.runCommand('Fairlead: Toggle Inline Completions');
  });
});
