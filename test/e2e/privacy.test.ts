// What a person sees when something of a question must not leave: the question before a secret goes, the line that
// says what stayed here, the page behind it. The hosted server stands behind a listener that counts bytes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy';
import { type ModelServer, startModelServer } from '../support/openai-server';
import { SECRETS } from '../support/secrets';
import { useWorkbench } from './harness';

let near: ModelServer;
let far: ModelServer;
let counted: CountingProxy;

beforeAll(async () => {
  near = await startModelServer({ models: { m: { reply: 'Answered from here.' } } });
  far = await startModelServer({ models: { m: { reply: 'Answered from there.' } } });
  counted = await startCountingProxy({ to: far.url });
});
afterAll(async () => {
  await Promise.all([counted.close(), near.close(), far.close()]);
});

const model = (baseUrl: string): object => ({ provider: 'openai', model: 'm', baseUrl, contextWindow: 32_768 });
const settings = (): Record<string, unknown> => ({
  'fairlead.models': { far: model(counted.baseUrl), near: model(near.baseUrl) },
  'fairlead.defaultModels': ['far'],
  'fairlead.routes': [{ name: 'anything', description: 'any question at all', models: ['far'] }],
  'fairlead.discovery.enabled': false,
});
const FILES = { '.env': 'KEY=never-to-be-seen\n', 'src/a.ts': 'export const a = 1;\n' };

describe('a question to @fairlead', () => {
  const workbench = useWorkbench(() => ({ settings: settings(), files: FILES }));

  it('with a secret asks first, and sends a placeholder', async () => {
    const { chat, page, screenshot } = workbench();
    await chat.send(`@fairlead what does ${SECRETS.github} open?`);
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    await screenshot('ask-before-secret');
    expect(await dialog.innerText()).toContain('Your request to far holds: GitHub token.');
    expect(counted.text()).not.toContain('what does');
    await dialog.locator('.monaco-button').filter({ hasText: 'Send with a Placeholder' }).click();
    const answer = await chat.answer();
    expect(answer.text).toContain('Answered from there.');
    expect(answer.text).toContain('Stayed on this machine: GitHub token replaced by a placeholder');
    expect(counted.text()).toContain('what does [GitHub token withheld, leave as is] open?');
    expect(counted.text()).not.toContain(SECRETS.github);
    await screenshot('placeholder-sent');
  });

  it('with a secret goes to the model on this machine when the user wants that', async () => {
    const { chat, page } = workbench();
    const before = counted.bytes();
    await chat.send(`@fairlead and what does ${SECRETS.npm} open?`);
    await page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: 'Use near on This Machine' }).click();
    const answer = await chat.answer();
    expect(answer.text).toMatch(/^near/u);
    expect(answer.text).toContain('Answered from here.');
    expect(counted.bytes()).toBe(before);
  });

  it('that is not sent after all says so', async () => {
    const { chat, page, screenshot } = workbench();
    const before = counted.bytes();
    await chat.send(`@fairlead what is ${SECRETS.stripe}?`);
    await page.locator('.monaco-dialog-box').waitFor();
    await page.keyboard.press('Escape');
    await chat.answer();
    await expect.poll(async () => page.locator('.interactive-session').innerText()).toContain('Nothing was sent');
    expect(counted.bytes()).toBe(before);
    await screenshot('nothing-sent');
  });
});

describe('a file that is never sent', () => {
  const workbench = useWorkbench(() => ({ settings: settings(), files: FILES }));

  it('goes to the model on this machine that may read it', async () => {
    const { chat, editor, page, screenshot } = workbench();
    await editor.open('.env');
    await page.locator('.interactive-input-part .chat-attached-context').getByText('.env').first().click();
    const before = counted.bytes();
    const answer = await chat.ask('@fairlead why is it not loaded?');
    await screenshot('private-file-here');
    expect(answer.text).toContain('near (local)');
    expect(answer.text).toContain('only models on this machine may read .env');
    expect(JSON.stringify(near.requests.at(-1)?.body)).toContain('never-to-be-seen');
    expect(counted.bytes()).toBe(before);
  });

  it('is left out where only a hosted model is left, and so is what was said of it', async () => {
    const { chat, screenshot, setSettings, output } = workbench();
    setSettings({ 'fairlead.models': { far: model(counted.baseUrl) } });
    const answer = await chat.ask('@fairlead thanks, anything else?');
    await screenshot('private-file-left-out');
    expect(answer.text).toContain('Answered from there.');
    expect(answer.text).toMatch(/Stayed on this machine: .*\.env was left out/u);
    expect(counted.text()).toContain('anything else?');
    expect(counted.text()).not.toContain('Answered from here.');
    expect(counted.text()).not.toContain('never-to-be-seen');
    expect(output()).not.toContain('never-to-be-seen');
  });
});
