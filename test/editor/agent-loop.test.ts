// A loop of tool steps as VS Code's agent mode makes it: no session id, everything sent again at each step, the host's
// blocks different each time, old turns replaced by a summary. Requests are read at the server.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { startClassifierServer, type ClassifierServer } from '../support/classifier-server';
import type { ModelScript } from '../support/model-script';
import type { ModelServer, RecordedRequest } from '../support/openai-server';
import { auto, reset, serve, set, textOf } from './support';

const STEPS = 30;
const CHAT = '/v1/chat/completions';

const tools: vscode.LanguageModelChatTool[] = [
  { name: 'read_file', description: 'Reads a file.', inputSchema: { type: 'object', properties: { filePath: { type: 'string' } }, required: ['filePath'] } },
  { name: 'run_in_terminal', description: 'Runs a command.', inputSchema: { type: 'object', properties: { command: { type: 'string' } } } },
];

const routes = (models: Readonly<Record<'testing' | 'sql_data', string>>) => [
  { name: 'testing', description: 'writing unit tests', models: [models.testing] },
  { name: 'sql_data', description: 'SQL queries', models: [models.sql_data] },
];

/** What the host says of itself; no two steps say the same. */
const environment = (step: number): string =>
  `<environment_info>\nThe user's current OS is: Linux\n</environment_info>\n<workspace_info>\nOpen files at ${String(step)} o'clock: a${String(step)}.ts\n<task id="build">{"type":"shell"}</task>\n</workspace_info>`;
const request = (words: string, step: number): string =>
  `<attachments>\n<attachment filePath="/x/file${String(step)}.ts">select every test from the database</attachment>\n</attachments>\n<context>\nThe current date is day ${String(step)}.\n</context>\n<reminderInstructions>\nKeep going.\n</reminderInstructions>\n<userRequest>\n${words}\n</userRequest>`;

interface Step {
  readonly id: string;
  readonly name: string;
  readonly input: object;
}

/** One conversation of an agent: its turns so far, sent again at each step with fresh host blocks. */
class Agent {
  private steps = 0;
  private readonly turns: (() => vscode.LanguageModelChatMessage[])[] = [];

  constructor(private readonly model: vscode.LanguageModelChat) {}

  says(words: string): void {
    const { User } = vscode.LanguageModelChatMessage;
    this.turns.push(() => [User(request(words, this.steps))]);
  }

  /** Sends all of it and carries out the calls that come back. */
  async step(token?: vscode.CancellationToken): Promise<Step[]> {
    this.steps += 1;
    const messages = [vscode.LanguageModelChatMessage.User(environment(this.steps)), ...this.turns.flatMap((turn) => turn())];
    const options = { tools, modelOptions: { _capturingTokenCorrelationId: String(this.steps), _otelTraceContext: null } };
    const response = await this.model.sendRequest(messages, options, token);
    const said: (vscode.LanguageModelTextPart | vscode.LanguageModelToolCallPart)[] = [];
    for await (const part of response.stream) {
      if (part instanceof vscode.LanguageModelTextPart || part instanceof vscode.LanguageModelToolCallPart) said.push(part);
    }
    const calls = said.filter((part) => part instanceof vscode.LanguageModelToolCallPart);
    this.turns.push(() => [vscode.LanguageModelChatMessage.Assistant(said), ...calls.map(resultOf)]);
    return calls.map(({ callId, name, input }) => ({ id: callId, name, input }));
  }

  /** Puts a summary in the place of everything so far, as VS Code does when the window is full. */
  compact(summary: string): void {
    this.turns.splice(0, this.turns.length, () => [vscode.LanguageModelChatMessage.User(`<conversation-summary>\n${summary}\n</conversation-summary>`)]);
  }
}

function resultOf({ callId, name }: vscode.LanguageModelToolCallPart): vscode.LanguageModelChatMessage {
  const text = new vscode.LanguageModelTextPart(`result of ${name} ${callId}`);
  return vscode.LanguageModelChatMessage.User([new vscode.LanguageModelToolResultPart(callId, [text])]);
}

const calling = (id: string, more: ModelScript = {}): ModelScript => ({
  reply: `Step ${id}.`,
  toolCalls: [{ id, name: 'read_file', arguments: { filePath: `/x/${id}.ts` } }],
  usage: { input: 4000, output: 20, cached: 3900 },
  ...more,
});

const chats = ({ requests }: ModelServer): RecordedRequest[] => requests.filter(({ path }) => path === CHAT);
const askedModels = (server: ModelServer): unknown[] => chats(server).map(({ body }) => body['model']);

interface Sent {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
}

describe('an agent loop', () => {
  let server: ModelServer;
  let classifier: ClassifierServer;

  beforeEach(async () => {
    server = await serve({ tester: {}, analyst: {} });
    classifier = await startClassifierServer((question) => (/orders/u.test(lastWords(question)) ? 'sql_data' : 'testing'));
    await set({ routes: routes({ testing: 'tester', sql_data: 'analyst' }), 'classifier.use': 'remote', 'classifier.endpoint': { baseUrl: classifier.baseUrl } });
  });

  afterEach(async () => {
    await server.close();
    await classifier.close();
    await set({ 'classifier.use': undefined, 'classifier.endpoint': undefined });
    await reset();
  });

  it('of thirty tool steps is classified once, keeps model and ids, and is classified again when the user speaks', async () => {
    const agent = new Agent(await auto());
    agent.says('write unit tests for the cart');
    const ids: string[] = [];
    for (let step = 1; step <= STEPS; step += 1) {
      const id = `call_loop_${String(step)}`;
      server.setModels({ tester: calling(id), analyst: calling(`wrong_${id}`) });
      ids.push(...(await agent.step()).map((call) => call.id));
      // Once it runs, nothing that the settings come to say takes the model away.
      if (step === 5) await set({ routes: routes({ testing: 'analyst', sql_data: 'analyst' }) });
    }
    assert.equal(ids.length, STEPS);
    assert.equal(classifier.questions.length, 1);
    assert.doesNotMatch(lastWords(classifier.questions[0]!), /environment|Keep going|database/u);
    assert.deepEqual([...new Set(askedModels(server))], ['tester']);
    assert.equal(chats(server).length, STEPS);
    const last = chats(server).at(-1)!.body['messages'] as Sent[];
    assert.deepEqual(last.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.id)), ids.slice(0, -1));
    assert.deepEqual(last.flatMap(({ tool_call_id: id }) => id ?? []), ids.slice(0, -1));
    assert.ok(!('_capturingTokenCorrelationId' in chats(server)[0]!.body));

    agent.says('now list all orders of a customer');
    server.setModels({ tester: { reply: 'wrong' }, analyst: { reply: 'select 1' } });
    await agent.step();
    assert.equal(classifier.questions.length, 2);
    assert.equal(askedModels(server).at(-1), 'analyst');
  });

  it('goes on after a summary without being classified, and orders for one are no word of the user’s', async () => {
    const agent = new Agent(await auto());
    agent.says('write unit tests for the cart');
    server.setModels({ tester: calling('call_before_1'), analyst: { reply: 'wrong' } });
    await agent.step();
    await set({ routes: routes({ testing: 'analyst', sql_data: 'analyst' }) });
    const summary = `The user wants unit tests for the cart. ${'Much has been read. '.repeat(20)}`;
    server.setModels({ tester: { reply: `<summary>\n${summary}</summary>` }, analyst: { reply: 'wrong' } });
    const order = new Agent(await auto());
    Object.assign(order, { turns: [...(agent as unknown as { turns: unknown[] }).turns, () => [vscode.LanguageModelChatMessage.User('Summarize the conversation history so far.')]] });
    await order.step();
    agent.compact(summary);
    server.setModels({ tester: calling('call_after_1'), analyst: { reply: 'wrong' } });
    await agent.step();
    await agent.step();
    assert.deepEqual(askedModels(server), ['tester', 'tester', 'tester', 'tester']);
    assert.equal(classifier.questions.length, 1);
  });

  it('does not mix with another that began with the same words', async () => {
    const model = await auto();
    const one = new Agent(model);
    one.says('write unit tests for the cart');
    server.setModels({ tester: calling('call_one_1'), analyst: { reply: 'wrong' } });
    await one.step();
    await set({ routes: routes({ testing: 'analyst', sql_data: 'analyst' }) });
    const two = new Agent(model);
    two.says('write unit tests for the cart');
    server.setModels({ tester: { reply: 'wrong' }, analyst: calling('call_two_1') });
    await two.step();
    for (let step = 2; step <= 5; step += 1) {
      server.setModels({ tester: calling(`call_one_${String(step)}`), analyst: calling(`call_two_${String(step)}`) });
      const [a, b] = await Promise.all([one.step(), two.step()]);
      assert.deepEqual([a[0]?.id, b[0]?.id], [`call_one_${String(step)}`, `call_two_${String(step)}`]);
    }
    assert.equal(classifier.questions.length, 2);
    for (const { body } of chats(server)) {
      const seen = JSON.stringify(body['messages']);
      assert.ok(!/call_one/u.test(seen) || !/call_two/u.test(seen));
    }
  });

  it('that is cancelled in a step ends at the server at once, and goes on with its model afterwards', async () => {
    const agent = new Agent(await auto());
    agent.says('write unit tests for the cart');
    server.setModels({ tester: calling('call_cancel_1'), analyst: { reply: 'wrong' } });
    await agent.step();
    server.setModels({ tester: { reply: 'a very long answer that goes on and on', tokenMs: 300 }, analyst: { reply: 'wrong' } });
    const cancel = new vscode.CancellationTokenSource();
    const cancelled = assert.rejects(agent.step(cancel.token));
    await waitForChats(server, 2);
    cancel.cancel();
    const ended = await server.aborted(CHAT);
    await cancelled;
    assert.equal(ended, chats(server)[1]);
    await set({ routes: routes({ testing: 'analyst', sql_data: 'analyst' }) });
    server.setModels({ tester: calling('call_cancel_2'), analyst: { reply: 'wrong' } });
    await agent.step();
    assert.deepEqual(askedModels(server), ['tester', 'tester', 'tester']);
    assert.equal(classifier.questions.length, 1);
  });

  it('reports what the server counted', async () => {
    server.setModels({ tester: calling('call_usage_1'), analyst: {} });
    const response = await (await auto()).sendRequest([vscode.LanguageModelChatMessage.User('write unit tests')], { tools });
    const usages: unknown[] = [];
    for await (const part of response.stream) {
      if (part instanceof vscode.LanguageModelDataPart && part.mimeType === 'usage') usages.push(JSON.parse(new TextDecoder().decode(part.data)));
    }
    assert.deepEqual(usages, [{ prompt_tokens: 4000, completion_tokens: 20, total_tokens: 4020, prompt_tokens_details: { cached_tokens: 3900 } }]);
  });

  it('may be picked to run on one model by its name, whatever the routes say', async () => {
    const model = (await vscode.lm.selectChatModels({ vendor: 'fairlead', id: 'model/analyst' }))[0]!;
    server.setModels({ tester: { reply: 'wrong' }, analyst: { reply: 'by name' } });
    assert.equal(await textOf(await model.sendRequest([vscode.LanguageModelChatMessage.User('write unit tests')])), 'by name');
    server.setModels({ tester: { reply: 'wrong' }, analyst: { fault: { kind: 'status', status: 400 } } });
    await assert.rejects(async () => textOf(await model.sendRequest([vscode.LanguageModelChatMessage.User('write unit tests')])));
    assert.deepEqual([...new Set(askedModels(server))], ['analyst']);
    assert.equal(classifier.questions.length, 0);
  });
});

async function waitForChats(server: ModelServer, count: number): Promise<void> {
  while (chats(server).length < count) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

/** What the question to the classifier holds of the conversation. */
function lastWords(question: string): string {
  const body = JSON.parse(question) as { messages: { content: string }[] };
  const text = body.messages.map(({ content }) => content).join('\n');
  return [...text.matchAll(/<conversation>([\s\S]*?)<\/conversation>/gu)].at(-1)?.[1] ?? text;
}
