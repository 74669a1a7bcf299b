// The packaged extension in a fresh profile: installed, active, offered, answering.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { useWorkbench } from './harness';

describe('a fresh window with the packaged extension', () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer({ models: { 'test-model': { reply: 'The discount starts at four items.' } } });
  });
  afterAll(() => server.close());
  const workbench = useWorkbench(() => ({
    settings: {
      'fairlead.models': {
        team: { provider: 'openai', baseUrl: server.baseUrl, model: 'test-model' },
        'a dear one': { provider: 'openai', baseUrl: server.baseUrl, model: 'dear', contextWindow: 200_000, price: { input: 3, output: 15 } },
      },
      'fairlead.defaultModels': ['team'],
    },
  }));

  it('has Fairlead Auto on the model picker', async () => {
    const { chat } = workbench();
    await expect.poll(() => chat.selectedModel(), { timeout: 60_000 }).toBe('Fairlead Auto');
  });

  it('offers four ways to choose and each model by its name', async () => {
    const { chat, screenshot, page } = workbench();
    await expect.poll(() => chat.models(), { timeout: 60_000 }).toEqual(expect.arrayContaining(['Fairlead Auto', 'Auto (economy)', 'Auto (quality)', 'Auto (local only)', 'team', 'a dear one']));
    await page.locator('.interactive-input-part .model-picker-name').first().click();
    await page.locator('.action-widget .chat-model-picker-section-toggle').first().click();
    await page.locator('.action-widget').getByText('team', { exact: true }).waitFor();
    await screenshot('model-picker');
    await page.keyboard.press('Escape');
  });

  it('answers in the chat and names the model', async () => {
    const { chat, screenshot } = workbench();
    const answer = await chat.ask('@fairlead why does this test fail?');
    await screenshot('first-answer');
    expect(answer.text).toContain('team');
    expect(answer.text).toContain('The discount starts at four items.');
    expect(await answer.buttons()).toContain('Why?');
  });

  it('writes one line per decision to its output channel', async () => {
    const { window, waitForOutput } = workbench();
    await waitForOutput(/team/);
    await window.runCommand('Fairlead: Show Output');
    expect(await window.outputPanel()).toContain('team');
  });

  it('is active after a time that VS Code shows', async () => {
    const { page, window } = workbench();
    await window.runCommand('Developer: Show Running Extensions');
    const row = page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: 'Fairlead' });
    const shown = await row.locator('.activation-time').innerText();
    process.stdout.write(`VS Code on Fairlead: ${shown}\n`);
    expect(Number(/(\d+)\s*ms/.exec(shown)?.[1])).toBeLessThan(2_000); // a shared machine; `npm run bench -- start` measures
  });
});
