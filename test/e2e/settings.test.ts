// Settings that cannot be used, no model at all, and what help there is.
import { describe, expect, it } from 'vitest';
import { startModelServer } from '../support/openai-server';
import { useWorkbench } from './harness';

describe('a setting that cannot be used', () => {
  const workbench = useWorkbench(() => ({
    settings: { 'fairlead.routes': [{ name: 'broken' }, { name: 'fine', description: 'questions about boats' }] },
  }));

  it('is told once, and the rest of the list counts', async () => {
    const { window, chat, output, screenshot } = workbench();
    await window.waitForNotification('fairlead.routes[0].description');
    expect((await window.notifications()).filter((text) => text.includes('fairlead.routes'))).toHaveLength(1);
    await workbench().page.waitForTimeout(500);
    await screenshot('bad-setting');
    const answer = await chat.ask('@fairlead /route questions about boats');
    expect(answer.text).toContain('fine');
    const told = output().split('\n').filter((line) => line.includes('fairlead.routes[0].description'));
    expect(told).toHaveLength(1);
  });
});

describe('without any model', () => {
  const workbench = useWorkbench(() => ({}));

  it('the answer is the decision and buttons that help', async () => {
    const { chat, screenshot } = workbench();
    const answer = await chat.ask('@fairlead why does this test fail?');
    await screenshot('no-model');
    expect(answer.text).toMatch(/^no model · bug_fixing \d+ %/u);
    expect(answer.text).toContain('No model is connected yet');
    expect(await answer.buttons()).toEqual(['Why?', 'Download a Local Model', 'Find Models on This Machine', 'Connect a Model Server', 'Store an API Key', 'Open Walkthrough']);
  });

  it('a server can be connected and answers the next question', async () => {
    const { chat, window, screenshot } = workbench();
    const server = await startModelServer({ models: { 'vendor/helpful-model': { reply: 'Here I am.' } } });
    try {
      await window.runCommand('Fairlead: Connect a Model Server');
      await window.typeInput(server.baseUrl);
      await window.pickEntries();
      await screenshot('connect-models');
      await window.pick('helpful-model');
      await workbench().page.keyboard.press('Enter');
      await window.waitForNotification('in your settings');
      const answer = await chat.ask('@fairlead why does this test fail?');
      expect(answer.text).toContain('Here I am.');
      expect(answer.text).toMatch(/^helpful-model/u);
    } finally {
      await server.close();
    }
  });

  it('the walkthrough opens', async () => {
    const { window, page, screenshot } = workbench();
    await window.runCommand('Fairlead: Open Walkthrough');
    await page.getByText('Get Started with Fairlead').first().waitFor();
    await page.waitForTimeout(1500);
    await screenshot('walkthrough');
  });

  it('settings.json offers a whole route', async () => {
    const { window, page, screenshot } = workbench();
    await window.runCommand('Preferences: Open User Settings (JSON)');
    await page.locator('.editor-instance .monaco-editor[data-uri$="settings.json"]').waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText('{\n  "fairlead.routes": [\n    \n  ]\n}\n');
    await page.keyboard.press('ControlOrMeta+Home');
    for (const key of ['ArrowDown', 'ArrowDown', 'End']) await page.keyboard.press(key);
    await page.keyboard.press('Control+Space');
    const offer = page.locator('.suggest-widget.visible .monaco-list-row').filter({ hasText: 'Route' }).first();
    await offer.waitFor();
    await screenshot('settings-intellisense');
    await offer.click();
    await expect.poll(async () => (await page.locator('.editor-instance .view-lines').first().innerText()).replaceAll('\u00a0', ' ')).toContain('"bug_fixing"');
  });
});
