import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverModels } from '../../src/adapters/discovery';
import { createOpenAiBackend } from '../../src/adapters/openai';
import type { ChatEvent, FimNote } from '../../src/router/ports';
import type { Candidate } from '../../src/router/types';
import { silentLog } from '../../src/shared/log';
import { candidate, chatCall, collect, fimCall, rejection, textOf } from '../support/adapters';
import { chain, scriptedWriter } from '../support/gguf-scripted';
import { QWEN_TOOLS_TEMPLATE } from '../support/gguf-templates';
import { llamaServerProgram, startLlamaServer, type LlamaServer } from '../support/llama-server';

// llama.cpp's own server, with a model that says "Hi, you." to "…\n" and goes on "abcd abcd" after "~".
const program = llamaServerProgram();
const never = new AbortController().signal;
const deps = { key: () => Promise.resolve(undefined), log: silentLog };
const backend = createOpenAiBackend(deps);

const WRITER = scriptedWriter({
  fim: true,
  contextTokens: 8192,
  follows: { ...chain('\n', 'Hi, you.'), ...chain('<|fim_middle|>', 'ef=gh', '<|endoftext|>'), ...chain('~', 'abcd~') },
});
/** Endless for whoever asks it anything. */
const TALKER = scriptedWriter({ fim: true, contextTokens: 8192, follows: { ...chain('\n', 'abcd '), ' ': 'a', '<|fim_middle|>': 'a' } });

describe.skipIf(program === undefined)('a real llama-server', () => {
  let server: LlamaServer;
  let found: Candidate;

  beforeAll(async () => {
    server = await startLlamaServer(program ?? '', WRITER, ['--jinja']);
    [found] = (await discoverModels({ ...deps, usual: [server.url], endpoints: [] }, never)) as [Candidate];
  });
  afterAll(() => server.close());

  it('is found with its model, its window and what it can do', () => {
    expect(found).toMatchObject({
      provider: 'openai',
      locality: 'local',
      endpoint: `${server.url}/v1`,
      contextTokens: 4096,
      capabilities: ['fim'],
      capabilitiesKnown: true,
      origin: 'discovered',
    });
    expect(found.id).toContain('tiny-writer');
  });

  it('chats in pieces, with the model that ran and the tokens it counted', async () => {
    const events = await collect(backend.chat({ ...chatCall(found, 'hello'), options: { temperature: 0 } }, never));
    expect(textOf(events)).toBe('Hi, you.');
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(2);
    const usage = events.find((event): event is Extract<ChatEvent, { type: 'usage' }> => event.type === 'usage');
    // Three marks and the bytes of the turns.
    expect(usage?.usage).toMatchObject({ inputTokens: 'user\nhello\nassistant\n'.length + 3, outputTokens: 9 });
    expect(usage?.usage.estimated).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect(events.some((event) => event.type === 'executed')).toBe(true);
  });

  it('counts what it had in its cache', async () => {
    const long = 'the same beginning '.repeat(20);
    await collect(backend.chat(chatCall(found, `${long}one`), never));
    const events = await collect(backend.chat(chatCall(found, `${long}two`), never));
    const usage = events.find((event): event is Extract<ChatEvent, { type: 'usage' }> => event.type === 'usage')?.usage;
    expect(usage?.cachedInputTokens ?? 0).toBeGreaterThan(long.length);
  });

  it('ends at the length and at the stop that were asked for', async () => {
    const ask = async (options: Record<string, unknown>) => collect(backend.chat({ ...chatCall(found), options: { temperature: 0, ...options } }, never));
    const short = await ask({ max_tokens: 3 });
    expect([textOf(short), short.at(-1)]).toEqual(['Hi,', { type: 'finish', reason: 'length' }]);
    const stopped = await ask({ stop: ['you'] });
    expect([textOf(stopped), stopped.at(-1)]).toEqual(['Hi, ', { type: 'finish', reason: 'stop' }]);
  });

  it('fills in the middle by /infill, with other files', async () => {
    const call = fimCall(found, { path: 'main.py', extra: [{ path: 'lib.py', text: 'one = 1\n' }] });
    expect((await collect(backend.fim!(call, never))).join('')).toBe('ef=gh');
  });

  it('fills in the middle by /v1/completions where the marks of the family are known', async () => {
    // Behind a gateway that does not let /infill through: the family's marks go into the prompt.
    const plain = createOpenAiBackend({ ...deps, fetch: (input, init) => (addressOf(input).endsWith('/infill') ? Promise.resolve(new Response('', { status: 404 })) : fetch(input, init)) });
    const call = fimCall({ ...found, fimFamily: 'qwen-coder' });
    expect((await collect(plain.fim!(call, never))).join('')).toBe('ef=gh');
  });

  it('tells how likely each token was, and counts by its own tokenizer behind the answer', async () => {
    const notes: FimNote[] = [];
    const call = fimCall(found, { count: true, note: (note) => notes.push(note) });
    // Asked for more than text once it is known how it fills in.
    await collect(backend.fim!(call, never));
    expect((await collect(backend.fim!(call, never))).join('')).toBe('ef=gh');
    const sure = notes.flatMap((note) => (note.kind === 'sure' ? note.logProbabilities : []));
    expect(sure.length).toBeGreaterThanOrEqual('ef=gh'.length);
    for (const one of sure) expect(one).toBeLessThanOrEqual(0);
    await expect.poll(() => notes.filter(({ kind }) => kind === 'counted').length).toBe(2);
    // A token of this file is a character.
    expect(notes.find(({ kind }) => kind === 'counted')).toEqual({ kind: 'counted', chars: call.prefix.length, tokens: call.prefix.length });
  });

  it('tells the same by /v1/completions', async () => {
    const plain = createOpenAiBackend({ ...deps, fetch: (input, init) => (addressOf(input).endsWith('/infill') ? Promise.resolve(new Response('', { status: 404 })) : fetch(input, init)) });
    const notes: FimNote[] = [];
    const call = fimCall({ ...found, fimFamily: 'qwen-coder' }, { note: (note) => notes.push(note) });
    await collect(plain.fim!(call, never));
    await collect(plain.fim!(call, never));
    expect(notes.filter(({ kind }) => kind === 'sure').length).toBeGreaterThanOrEqual('ef=gh'.length);
    expect(notes.at(-1)).toMatchObject({ kind: 'counted', tokens: call.prefix.length + call.suffix.length + 3 });
  });

  it('refuses a conversation that is longer than its window, and our words say so', async () => {
    const error = await rejection(collect(backend.chat(chatCall(found, 'x'.repeat(9000)), never)));
    expect(error).toMatchObject({ code: 'bad_request' });
  });
});

describe.skipIf(program === undefined)('a real llama-server in the middle of something', () => {
  let server: LlamaServer;
  let model: Candidate;

  beforeAll(async () => {
    server = await startLlamaServer(program ?? '', TALKER);
    model = candidate({ endpoint: `${server.url}/v1`, model: 'tiny-writer', capabilities: ['fim'] });
  });
  afterAll(() => server.close());

  it.each([
    ['a chat', (signal: AbortSignal) => backend.chat({ ...chatCall(model), options: { max_tokens: 4000 } }, signal)],
    ['a completion', (signal: AbortSignal) => backend.fim!(fimCall(model, { maxTokens: 4000 }), signal)],
  ])('stops to compute when %s is cancelled', async (_what, ask) => {
    const controller = new AbortController();
    let pieces = 0;
    const reading = (async () => {
      for await (const _piece of ask(controller.signal)) pieces += 1;
    })();
    const ended = rejection(reading);
    await expect.poll(() => pieces, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(await server.busySlots()).toBe(1);
    controller.abort();
    expect(await ended).toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.busySlots(), { timeout: 10_000 }).toBe(0);
  });

  it('stops to compute for a reader who leaves', async () => {
    for await (const piece of backend.fim!(fimCall(model, { maxTokens: 4000 }), never)) if (piece !== '') break;
    await expect.poll(() => server.busySlots(), { timeout: 10_000 }).toBe(0);
  });
});

describe.skipIf(program === undefined)('a real llama-server with other models', () => {
  it.each([
    ['without marks for filling in', scriptedWriter({ follows: {} }), []],
    ['with a template for tools', scriptedWriter({ fim: true, template: QWEN_TOOLS_TEMPLATE, follows: {} }), ['tools', 'fim']],
  ])('%s says so', async (_what, file, capabilities) => {
    const server = await startLlamaServer(program ?? '', file, ['--jinja']);
    try {
      const found = await discoverModels({ ...deps, usual: [server.url], endpoints: [] }, never);
      expect(found.map((one) => one.capabilities)).toEqual([capabilities]);
    } finally {
      await server.close();
    }
  });
});

function addressOf(input: Parameters<typeof fetch>[0]): string {
  return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
}
