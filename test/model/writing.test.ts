import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../src/adapters/llama/runtime';
import type { Message } from '../../src/router/ports';
import { tinyQwen2 } from '../support/gguf';
import { chain, scriptedWriter } from '../support/gguf-scripted';
import { QWEN_TOOLS_TEMPLATE, THINKING_TEMPLATE } from '../support/gguf-templates';
import { startTestRuntime, type TestRuntime } from '../support/runtime';
import { chat, fill, never, said, startChat, user } from '../support/writing';

let test: TestRuntime;
/** Says "Hi, you." and stops; between prefix and suffix "ab=cd". */
let greeter: ModelSpec;
/** Says "abcd abcd" until it is stopped. */
let talker: ModelSpec;
/** Random weights: its answer depends on every token before. */
let random: ModelSpec;
/** As the greeter, with marks for files. */
let reader: ModelSpec;
let toolUser: ModelSpec;

beforeAll(async () => {
  test = await startTestRuntime();
  const put = (name: string, file: Parameters<TestRuntime['write']>[1]): ModelSpec => ({ path: test.write(name, file), use: 'writing' });
  greeter = put('greeter.gguf', scriptedWriter({ fim: true, follows: { ...chain('\n', 'Hi, you.'), ...chain('<|fim_middle|>', 'ab=cd', '<|endoftext|>') } }));
  talker = put('talker.gguf', scriptedWriter({ follows: { ...chain('\n', 'abcd '), ' ': 'a' } }));
  reader = put('reader.gguf', scriptedWriter({ fim: true, more: ['<|repo_name|>', '<|file_sep|>'], follows: chain('<|fim_middle|>', 'ab=cd', '<|endoftext|>') }));
  random = put('random.gguf', tinyQwen2({ fim: true, width: 128 }));
  toolUser = put('tools.gguf', scriptedWriter({ template: QWEN_TOOLS_TEMPLATE, more: ['assistant\n', '<tool_call>', '</tool_call>', '\n{"name": "'], follows: READS_XY }));
});
afterAll(() => test.close());

/** Calls `read` with the path "xy" and without the line that it might give. */
const READS_XY = {
  'assistant\n': '<tool_call>',
  '<tool_call>': '\n{"name": "',
  '\n{"name": "': 'r',
  ...chain('r', 'ead"xy', '"'),
  ...chain(' ', 'nul'),
  l: 'l',
};
const READ = { name: 'read', description: 'Reads a file.', inputSchema: { type: 'object', properties: { path: { type: 'string' }, line: { type: 'number' } }, required: ['path'] } };
const LONG = 'The quick brown fox jumps over the lazy dog. '.repeat(12);

describe('a model in its own process, asked to chat', () => {
  it('answers in pieces by its own template, with exact counts', async () => {
    const answer = await chat(test.runtime, greeter, [said('system', 'Be brief.'), user('hello')]);
    // Two marks a turn but the last one, which has not ended, and the first token of all; all else is bytes.
    const bytes = 'system\nBe brief.\nuser\nhello\nassistant\n'.length;
    expect(answer).toMatchObject({ text: 'Hi, you.', finish: 'stop', promptTokens: bytes + 6, cachedTokens: 0, writtenTokens: 9 });
    expect(answer.pieces).toBeGreaterThan(3);
  });

  it.each([
    ['the length that is asked for', { maxTokens: 5 }, 'abcd ', 'length'],
    ['a text that is to stop it', { stop: ['d a'] }, 'abc', 'stop'],
    ['the first of several such texts', { stop: ['zz', 'cd'] }, 'ab', 'stop'],
  ])('ends at %s', async (_where, sampling, text, finish) => {
    expect(await chat(test.runtime, talker, [user('go on')], { sampling })).toMatchObject({ text, finish });
  });

  it('draws the same tokens by the same seed and others by another', async () => {
    const drawn = (seed: number) => chat(test.runtime, random, [user('say something')], { sampling: { temperature: 1.5, topK: 0, topP: 1, minP: 0, seed, maxTokens: 24 } });
    const first = await drawn(1);
    expect((await drawn(1)).text).toBe(first.text);
    expect((await drawn(2)).text).not.toBe(first.text);
  });

  it('ends where its window does', async () => {
    const answer = await chat(test.runtime, { ...talker, contextTokens: 256 }, [user('go on')]);
    expect(answer).toMatchObject({ finish: 'length' });
    expect(answer.promptTokens + answer.writtenTokens).toBeLessThanOrEqual(256);
  });

  it('refuses a conversation that its window does not hold, before anything is computed', async () => {
    await expect(chat(test.runtime, { ...talker, contextTokens: 256 }, [user(LONG)])).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('tells thoughts from the answer', async () => {
    const thinker: ModelSpec = {
      path: test.write('thinker.gguf', scriptedWriter({ template: THINKING_TEMPLATE, more: ['assistant:\n', '<think>', '</think>'], follows: { 'assistant:\n': '<think>', ...chain('<think>', 'hm', '</think>'), ...chain('</think>', 'yes') } })),
      use: 'writing',
    };
    expect(await chat(test.runtime, thinker, [user('well?')])).toMatchObject({ text: 'yes', thoughts: 'hm' });
  });

  it('tells what the file is and counts by its tokenizer, in the child that writes', async () => {
    await expect(test.runtime.facts(greeter, never)).resolves.toMatchObject({ architecture: 'qwen2', hasChatTemplate: true });
    await expect(test.runtime.countTokens(greeter, 'héllo', never)).resolves.toBe(6);
    expect(test.runtime.state()).toMatchObject({ child: 'stopped', writer: { child: 'ready', restarts: 0 } });
  });
});

describe('tools', () => {
  it('are called with what the schema asks for, and what was left out is left out', async () => {
    const answer = await chat(test.runtime, toolUser, [user('read it')], { tools: [READ] });
    expect(answer).toMatchObject({ text: '', calls: [{ name: 'read', input: { path: 'xy' } }], finish: 'tool_calls' });
  });

  it('give their results back without the conversation being read anew', async () => {
    const before: Message[] = [user(`read it. ${LONG}`)];
    const first = await chat(test.runtime, toolUser, before, { tools: [READ] });
    const after: Message[] = [
      ...before,
      { role: 'assistant', parts: [{ type: 'tool_call', id: '1', ...first.calls[0]! }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: '1', text: 'content' }] },
    ];
    const second = await chat(test.runtime, toolUser, after, { tools: [READ] });
    expect(second.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens - 1);
    expect(second.promptTokens).toBeGreaterThan(first.promptTokens + 'content'.length);
  });
});

describe('the cache', () => {
  it('keeps a conversation: its next turn computes only what is new', async () => {
    const first = await chat(test.runtime, greeter, [user(`one ${LONG}`)]);
    const next = [user(`one ${LONG}`), said('assistant', first.text), user('and?')];
    const second = await chat(test.runtime, greeter, next);
    expect(first.cachedTokens).toBeLessThan(40);
    // The end mark of the answer, the new turn, and the mark that lets the model speak.
    const added = '\nuser\nand?\nassistant\n'.length + 4;
    expect(second.promptTokens - second.cachedTokens).toBeLessThanOrEqual(added);
    expect(second.text).toBe('Hi, you.');
  });

  it('survives a short question of somebody else in between', async () => {
    const talk = [user(`two ${LONG}`)];
    await chat(test.runtime, greeter, talk);
    await chat(test.runtime, greeter, [said('system', 'Name this conversation.'), user('x')]);
    const again = await chat(test.runtime, greeter, talk);
    expect(again.promptTokens - again.cachedTokens).toBe(1);
  });

  it('gives the same answer as no cache does', async () => {
    const messages = [user(LONG), said('assistant', 'no'), user('three')];
    const warm = await chat(test.runtime, random, [user(LONG)], { sampling: { maxTokens: 8 } }).then(() => chat(test.runtime, random, messages, { sampling: { maxTokens: 24 } }));
    const fresh = await startTestRuntime();
    try {
      const cold = await chat(fresh.runtime, random, messages, { sampling: { maxTokens: 24 } });
      expect(warm.cachedTokens).toBeGreaterThan(LONG.length);
      expect(cold.cachedTokens).toBe(0);
      expect(warm.text).toBe(cold.text);
    } finally {
      await fresh.close();
    }
  });

  it('grows with a conversation that needs a larger context', async () => {
    const small = await chat(test.runtime, greeter, [user('four')], { sampling: { maxTokens: 16 } });
    const large = await chat(test.runtime, greeter, [user(LONG.repeat(10))], { sampling: { maxTokens: 16 } });
    expect([small.text, large.text]).toEqual(['Hi, you.', 'Hi, you.']);
    expect(large.promptTokens).toBeGreaterThan(5000);
  });
});

describe('a model in its own process, asked to fill in the middle', () => {
  const prefix = `${'const one = 1;\n'.repeat(40)}function add(`;
  const suffix = ') {\n  return a + b;\n}\n';

  it('writes what belongs between prefix and suffix', async () => {
    const answer = await fill(test.runtime, greeter, { prefix, suffix });
    expect(answer).toMatchObject({ text: 'ab=cd', finish: 'stop', promptTokens: prefix.length + suffix.length + 3 });
  });

  it.each([
    ['a stop', { stop: ['='] }, 'ab', 'stop'],
    ['the length', { maxTokens: 3 }, 'ab=', 'length'],
  ])('ends at %s', async (_where, sampling, text, finish) => {
    expect(await fill(test.runtime, greeter, { prefix, suffix, sampling })).toMatchObject({ text, finish });
  });

  it('reads only what was typed, and what stands behind it, again', async () => {
    await fill(test.runtime, greeter, { prefix, suffix });
    const typed = await fill(test.runtime, greeter, { prefix: `${prefix}a, b`, suffix });
    expect(typed.promptTokens - typed.cachedTokens).toBe('a, b'.length + suffix.length + 2);
  });

  it.each([
    ['as comments above the prefix', () => greeter, prefix.length + suffix.length + 3 + '// lib/a.ts\n// const a = 1;\n'.length],
    ['by its marks for files where it has them', () => reader, prefix.length + suffix.length + 3 + 3 + 'workspace\nlib/a.ts\nconst a = 1;\nmain.ts\n'.length],
  ])('gets other files %s, and finds them in its cache again', async (_how, model, promptTokens) => {
    const request = { prefix, suffix, path: 'main.ts', language: 'typescript', extra: [{ path: 'lib/a.ts', text: 'const a = 1;\n' }] };
    const first = await fill(test.runtime, model(), request);
    const typed = await fill(test.runtime, model(), { ...request, prefix: `${prefix}a` });
    expect(first).toMatchObject({ text: 'ab=cd', promptTokens });
    expect(typed.promptTokens - typed.cachedTokens).toBe('a'.length + suffix.length + 2);
  });

  it('says how many tokens the prefix has, before anything of it is cut, where that is wanted', async () => {
    const spec = { ...greeter, contextTokens: 1024 };
    const long = prefix.repeat(4);
    const answer = await fill(test.runtime, spec, { prefix: long, suffix, count: true });
    // A token of this file is a character.
    expect(answer.counted).toEqual({ chars: long.length, tokens: long.length });
    expect((await fill(test.runtime, spec, { prefix: long, suffix })).counted).toBeUndefined();
  });

  it('takes marks that stand in a text for text', async () => {
    const answer = await fill(test.runtime, greeter, { prefix: "const mark = '<|fim_middle|>';\n", suffix });
    expect(answer.promptTokens).toBe("const mark = '<|fim_middle|>';\n".length + suffix.length + 3);
  });

  it('keeps to its window: the far ends are cut, in steps that leave the cache alone', async () => {
    const spec = { ...greeter, contextTokens: 1024 };
    const first = await fill(test.runtime, spec, { prefix: prefix.repeat(3), suffix: suffix.repeat(40) });
    const second = await fill(test.runtime, spec, { prefix: `${prefix.repeat(3)}x`, suffix: suffix.repeat(40) });
    expect(first.text).toBe('ab=cd');
    expect(first.promptTokens).toBeLessThanOrEqual(1024);
    expect(second.cachedTokens).toBeGreaterThan(100);
  });

  it('is unsupported where the model has no marks for it', async () => {
    await expect(fill(test.runtime, talker, { prefix, suffix })).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('a reader', () => {
  it('who waits keeps the model waiting', async () => {
    const talk = [user('slowly')];
    const stream = startChat(test.runtime, talker, talk, { sampling: { maxTokens: 2000 } })[Symbol.asyncIterator]();
    for (let piece = await stream.next(); piece.done !== true && piece.value.type === 'busy'; ) piece = await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await stream.return?.();
    // What the context holds by now shows how far the model went.
    const probe = await chat(test.runtime, talker, [...talk, said('assistant', 'abcd '.repeat(300)), user('?')], { sampling: { maxTokens: 1 } });
    const first = 'user\nslowly\nassistant\n'.length + 3;
    expect(probe.cachedTokens - first).toBeGreaterThan(20);
    expect(probe.cachedTokens - first).toBeLessThan(80);
  });

  it('who leaves stops the model', async () => {
    for await (const piece of startChat(test.runtime, talker, [user('leave')])) if (piece.type === 'text') break;
    const next = await chat(test.runtime, talker, [user('leave'), said('assistant', 'a'), user('x')], { sampling: { maxTokens: 4 } });
    expect(next.text).toBe('abcd');
    expect(test.runtime.state().writer).toMatchObject({ child: 'ready', restarts: 0 });
  });
});
