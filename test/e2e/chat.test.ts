// @fairlead in the chat view: head, fallback, why, feedback, commands, cancel.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '../support/openai-server';
import { useWorkbench } from './harness';

const ROUTES = [
  { name: 'testing', description: 'writing unit tests and mocks', models: ['flaky', 'steady'], examples: ['write unit tests for this class'] },
  { name: 'bug_fixing', description: 'finding and fixing errors', models: ['steady'], examples: ['why does this test fail'] },
  { name: 'planning', description: 'planning large projects', models: ['slow'], examples: ['plan the migration to microservices'] },
];

describe('@fairlead', () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer({
      models: {
        steady: { reply: 'The discount starts at **four** items.' },
        flaky: { fault: { kind: 'status', status: 500 } },
        slow: { reply: 'first second third fourth fifth sixth seventh eighth ninth tenth', tokenMs: 1500 },
      },
    });
  });
  afterAll(() => server.close());
  const workbench = useWorkbench(() => {
    const named = ['steady', 'flaky', 'slow'].map((model) => [model, { provider: 'openai', baseUrl: server.baseUrl, model, contextWindow: 32_768 }]);
    return { settings: { 'fairlead.models': Object.fromEntries(named) as object, 'fairlead.routes': ROUTES } };
  });

  it('heads the answer with model and reason and ends it with feedback', async () => {
    const { chat, screenshot, window } = workbench();
    const answer = await chat.ask('@fairlead why does this test fail?');
    await screenshot('chat-answer');
    expect(answer.text).toMatch(/^steady \(local\) · bug_fixing \d+ %.*Why\?/su);
    expect(answer.text).toContain('The discount starts at four items.');
    expect(await answer.buttons()).toEqual(['Why?', 'Helpful', 'Unhelpful', 'Wrong route?']);
    await answer.click('Helpful');
    await expect.poll(() => window.statusBar()).toContainEqual(expect.stringContaining('Noted: helpful'));
  });

  it('says in a second line that another model answers', async () => {
    const { chat, screenshot, window } = workbench();
    const answer = await chat.ask('@fairlead write unit tests for this class');
    await screenshot('chat-fallback');
    expect(answer.text).toMatch(/^flaky \(local\) · testing \d+ %/u);
    expect(answer.text).toMatch(/flaky could not answer: .*steady answers instead\./su);
    expect(answer.text).toContain('The discount starts at four items.');
    expect(await window.statusBar()).toContainEqual(expect.stringMatching(/flaky.*steady/u));
    expect(await chat.followUps()).toEqual(['Which cases are still missing?']);
  });

  it('shows the whole decision behind Why?', async () => {
    const { chat, page, screenshot } = workbench();
    const answer = await chat.ask('@fairlead why does this test fail?');
    await answer.click('Why?');
    await page.locator('.tab').filter({ hasText: 'Why steady' }).waitFor();
    await page.waitForTimeout(2500);
    await screenshot('chat-why');
    const spoken = await chat.ask('@fairlead /why');
    expect(spoken.text).toMatch(/Route: bug_fixing/u);
    expect(spoken.text).toMatch(/your models for bug_fixing/u);
  });

  it('tries a question with /route and sends nothing', async () => {
    const { chat, screenshot } = workbench();
    const before = server.requests.filter(({ method }) => method === 'POST').length;
    const answer = await chat.ask('@fairlead /route write unit tests for this class');
    await screenshot('chat-route');
    expect(answer.text).toMatch(/^flaky \(local\) · testing/u);
    expect(answer.text).toContain('nothing was sent to a model');
    expect(server.requests.filter(({ method }) => method === 'POST').length).toBe(before);
  });

  it('lists the models with /models', async () => {
    const { chat, screenshot } = workbench();
    const answer = await chat.ask('@fairlead /models');
    await screenshot('chat-models');
    for (const name of ['steady', 'flaky', 'slow']) expect(answer.text).toContain(name);
    expect(answer.text).toMatch(/on this machine · 32k tokens · free/u);
  });

  it('sends what came before, without the lines that are ours', async () => {
    const { chat } = workbench();
    await chat.ask('@fairlead why does this test fail?');
    await chat.ask('@fairlead why does this test fail again?');
    const body = server.requests.findLast(({ method }) => method === 'POST')?.body;
    const messages = body?.['messages'] as { role: string; content: unknown }[];
    expect(messages[0]?.role).toBe('system');
    expect(messages.slice(-3).map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(messages.at(-2)?.content).toBe('The discount starts at **four** items.');
    expect(JSON.stringify(messages)).not.toMatch(/Helpful|Why\?|answers instead/u);
  });

  it('ends the request at the server when it is stopped', async () => {
    const { chat } = workbench();
    await chat.send('@fairlead plan the migration to microservices');
        await expect.poll(() => chat.soFar(), { timeout: 30_000 }).toContain('first');
    await chat.stop();
    const request = await server.aborted('/v1/chat/completions');
    expect(request.body['model']).toBe('slow');
  });

  it('writes one line per decision, and no word of the prompt', async () => {
    const { output, screenshot, window } = workbench();
    const lines = output().split('\n').filter((line) => line.includes('[info]') && line.includes('chat:'));
    expect(lines[0]).toMatch(/chat: bug_fixing \d+ % by \S+ in .* -> steady/u);
    expect(output()).not.toMatch(/why does this test fail|discount starts/u);
    await window.runCommand('Fairlead: Show Output');
    await screenshot('output');
  });
});
