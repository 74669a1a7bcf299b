import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChoiceRequest, ModelSpec, Written } from '../../src/adapters/llama/runtime';
import { tinyQwen2, type GgufFile } from '../support/gguf';
import { chain, scriptedWriter } from '../support/gguf-scripted';
import { startTestRuntime, type TestRuntime, type TestRuntimeOptions } from '../support/runtime';
import { chat, fill, never, readAll, said, startChat, user } from '../support/writing';

// Children that play a part: what the real one does only when a machine or a driver is at fault.
const PARTS = {
  'aborts while it writes': `process.on('message', (m) => {
    if (m.type !== 'call') return process.send({ type: 'ready' });
    if (m.call.op !== 'chat') return process.send({ type: 'done', id: m.id, result: 1 });
    process.send({ type: 'loading', path: m.call.model.path, sha256: 'f00d', bytes: 1 });
    process.send({ type: 'loaded' });
    process.send({ type: 'piece', id: m.id, piece: { type: 'text', text: 'So' } }, () => process.abort());
  });`,
  'hangs while it writes': `setInterval(() => process.send({ type: 'beat', rssBytes: 1 }), 100); process.on('message', (m) => {
    if (m.type === 'start') process.send({ type: 'ready' });
    if (m.type === 'call') process.send({ type: 'piece', id: m.id, piece: { type: 'text', text: 'So' } });
  });`,
  'loads for two seconds': `process.on('message', (m) => {
    if (m.type !== 'call') return m.type === 'start' && process.send({ type: 'ready' });
    if (globalThis.loading) return;
    globalThis.loading = true;
    setInterval(() => process.send({ type: 'beat', rssBytes: 1 }), 100);
    process.send({ type: 'loading', path: m.call.model.path, sha256: 'f00d', bytes: 1 });
    process.send({ type: 'piece', id: m.id, piece: { type: 'busy' } });
    setTimeout(() => { process.send({ type: 'loaded' }); process.send({ type: 'failed', id: m.id, code: 'aborted', message: '' }); }, 2000);
  });`,
} as const;

const folder = mkdtempSync(join(tmpdir(), 'fairlead-parts-'));
const open: TestRuntime[] = [];
const elsewhere: ModelSpec = { path: '/nowhere/model.gguf', use: 'writing' };

beforeAll(() => () => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(open.splice(0).map((test) => test.close()));
});

async function start(options: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const test = await startTestRuntime(options);
  open.push(test);
  return test;
}

function play(part: keyof typeof PARTS): Promise<TestRuntime> {
  const hostPath = join(folder, `${part.replaceAll(' ', '-')}.js`);
  writeFileSync(hostPath, PARTS[part]);
  return start({ hostPath, timings: { startMs: 5000, loadMs: 10_000, beatMs: 5000, graceMs: 150 } });
}

const put = (test: TestRuntime, name: string, file: GgufFile): ModelSpec => ({ path: test.write(`${name}.gguf`, file), use: 'writing' });
const talker = (test: TestRuntime, name = 'talker'): ModelSpec =>
  put(test, name, scriptedWriter({ fim: true, follows: { ...chain('\n', 'abcd '), ' ': 'a', ...chain('<|fim_middle|>', 'xyz', '<|endoftext|>') } }));

describe('when the child that writes fails', () => {
  it('by a crash, the answer ends with an error after what was said, the file is set aside, and classifying goes on', async () => {
    const test = await play('aborts while it writes');
    const pieces: Written[] = [];
    const reading = async (): Promise<void> => {
      for await (const piece of startChat(test.runtime, elsewhere, [user('x')])) pieces.push(piece);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'runtime' });
    expect(pieces).toEqual([{ type: 'text', text: 'So' }]);
    expect(test.setAside).toMatchObject([{ path: elsewhere.path }]);
    expect(test.runtime.state()).toMatchObject({ writer: { child: 'backing_off', restarts: 1 }, restarts: 0 });
    await expect(readAll(startChat(test.runtime, elsewhere, [user('x')]))).rejects.toMatchObject({ code: 'bad_file' });
    await expect(test.runtime.countTokens({ path: '/nowhere/other.gguf', use: 'embedding' }, 'x', never)).resolves.toBe(1);
  });

  it('by not stopping when it is told to, the reader is free at once and the child is ended', async () => {
    const test = await play('hangs while it writes');
    const controller = new AbortController();
    const answer = readAll(startChat(test.runtime, elsewhere, [user('x')], { signal: controller.signal }));
    setTimeout(() => controller.abort(), 100);
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => test.runtime.state().writer.child, { timeout: 5000 }).toBe('stopped');
    expect(test.setAside).toEqual([]);
  });

  it('to stop while a file loads, the file goes on loading: somebody will want it', async () => {
    const test = await play('loads for two seconds');
    const controller = new AbortController();
    const answer = (async () => {
      for await (const _piece of startChat(test.runtime, elsewhere, [user('x')], { signal: controller.signal })) controller.abort();
    })();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(test.runtime.state().writer.child).toBe('ready');
  });
});

describe('the real child that writes', () => {
  it('stops in the middle of a long prompt, at once, and serves the next request', async () => {
    const test = await start();
    const slow = put(test, 'slow', tinyQwen2({ width: 512, heads: 8, contextTokens: 32_768 }));
    await test.runtime.facts(slow, never);
    const controller = new AbortController();
    const talk = [user('why does it fail? '.repeat(300))];
    let chunks = 0;
    const long = (async () => {
      for await (const piece of startChat(test.runtime, slow, talk, { signal: controller.signal })) if (piece.type === 'busy' && (chunks += 1) === 3) controller.abort();
    })();
    await expect(long).rejects.toMatchObject({ name: 'AbortError' });
    const next = await chat(test.runtime, slow, talk, { sampling: { maxTokens: 1 } });
    // What was computed before is there, and it was not everything.
    expect(next.cachedTokens).toBeGreaterThan(16);
    expect(next.cachedTokens).toBeLessThan(next.promptTokens - 1000);
    expect(test.runtime.state().writer).toMatchObject({ child: 'ready', restarts: 0 });
  });

  it('is ended when it is idle and starts again when it is needed', async () => {
    const test = await start({ settings: { idleMinutes: 0.01 } });
    const model = talker(test);
    await chat(test.runtime, model, [user('x')], { sampling: { maxTokens: 3 } });
    await expect.poll(() => test.runtime.state().writer.child, { timeout: 5000 }).toBe('stopped');
    expect(await chat(test.runtime, model, [user('x')], { sampling: { maxTokens: 3 } })).toMatchObject({ text: 'abc' });
  });

  it('refuses a model that needs more memory than it may have', async () => {
    const test = await start({ settings: { memoryLimitMb: 1 } });
    await expect(chat(test.runtime, talker(test), [user('x')])).rejects.toMatchObject({ code: 'runtime', message: expect.stringContaining('memoryLimitMb') as string });
  });

  it('gives up the model that was used longest ago for one that does not fit beside it', async () => {
    const test = await start({ settings: { memoryLimitMb: 130 } });
    const models = ['one', 'two', 'three'].map((name) => talker(test, name));
    for (const model of [...models, ...models]) {
      expect(await chat(test.runtime, { ...model, contextTokens: 512 }, [user('x')], { sampling: { maxTokens: 4 } })).toMatchObject({ text: 'abcd', cachedTokens: 0 });
    }
  });

  it('refuses a damaged file, and the next one is served', async () => {
    const test = await start();
    const sound = talker(test);
    await expect(chat(test.runtime, { path: test.write('bad.gguf', Buffer.from('GGUF')), use: 'writing' }, [user('x')])).rejects.toMatchObject({ code: 'bad_file' });
    expect(await chat(test.runtime, sound, [user('x')], { sampling: { maxTokens: 4 } })).toMatchObject({ text: 'abcd' });
  });
});

describe('a long answer', () => {
  const route: ChoiceRequest = { prompt: { kind: 'raw', text: 'which route is it' }, choices: ['a', 'b'] };

  it('keeps neither ghost text nor a classifier waiting, and goes on meanwhile', async () => {
    const test = await start();
    const model = talker(test);
    const classifier: ModelSpec = { path: test.write('routes.gguf', tinyQwen2()), use: 'generation' };
    await test.runtime.facts(classifier, never);
    const controller = new AbortController();
    let words = 0;
    const long = (async () => {
      for await (const piece of startChat(test.runtime, model, [user('go on and on')], { signal: controller.signal })) if (piece.type === 'text') words += 1;
    })().catch((error: unknown) => error);
    await expect.poll(() => words, { timeout: 60_000 }).toBeGreaterThan(5);
    const before = words;
    for (let round = 0; round < 5; round += 1) {
      expect(await fill(test.runtime, model, { prefix: `a = ${round}`, suffix: '\n' })).toMatchObject({ text: 'xyz' });
      expect((await test.runtime.choose(classifier, route, never)).logProbabilities).toHaveLength(2);
    }
    await expect.poll(() => words, { timeout: 60_000 }).toBeGreaterThan(before);
    controller.abort();
    expect(await long).toMatchObject({ name: 'AbortError' });
  });

  it('is not starved by ghost text without end', async () => {
    const test = await start();
    const model = talker(test);
    const state = { done: false, fills: 0 };
    const filling = (async () => {
      for (; !state.done; state.fills += 1) await fill(test.runtime, model, { prefix: `a = ${state.fills}`, suffix: '\n' });
    })();
    await expect.poll(() => state.fills, { timeout: 60_000 }).toBeGreaterThan(0);
    const answer = await chat(test.runtime, model, [user('go on')], { sampling: { maxTokens: 10 } });
    state.done = true;
    await filling;
    expect(answer).toMatchObject({ text: 'abcd abcd ', finish: 'length' });
  });

  it('lets other conversations with the same model have their turn, each its own', async () => {
    const test = await start();
    const model = talker(test);
    const answers = await Promise.all(
      [3, 5, 7, 9].map((maxTokens) => chat(test.runtime, model, [said('system', `number ${maxTokens}`), user('go on')], { sampling: { maxTokens } })),
    );
    expect(answers.map(({ text }) => text)).toEqual(['abc', 'abcd ', 'abcd ab', 'abcd abcd']);
  });

  it('that waits for its turn can be cancelled', async () => {
    const test = await start();
    const model = talker(test);
    const busy = new AbortController();
    const running = [1, 2].map((number) => readAll(startChat(test.runtime, model, [user(`go on ${number}`)], { signal: busy.signal })).catch((error: unknown) => error));
    const waits = new AbortController();
    const waiting = readAll(startChat(test.runtime, model, [user('me too')], { signal: waits.signal }));
    setTimeout(() => waits.abort(), 300);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    busy.abort();
    await Promise.all(running);
    expect(test.runtime.state().writer).toMatchObject({ child: 'ready', restarts: 0 });
  });
});
