import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../src/adapters/llama/runtime';
import { tinyBert, tinyQwen2 } from '../support/gguf';
import { startTestRuntime, type TestRuntime, type TestRuntimeOptions } from '../support/runtime';

// Children that play a part: what the real one does only when a machine or a driver is at fault.
const PARTS = {
  'never speaks': `setInterval(() => undefined, 1000);`,
  'hangs in native code': `process.on('message', (m) => { if (m.type === 'call') { for (;;); } process.send({ type: 'ready' }); });`,
  'aborts on a file': `process.on('message', (m) => {
    if (m.type !== 'call') return process.send({ type: 'ready' });
    process.send({ type: 'loading', id: m.id, path: m.call.model.path, sha256: 'f00d', bytes: 1 }, () => process.abort());
  });`,
  'is killed for memory': `process.on('message', (m) => {
    if (m.type !== 'call') return process.send({ type: 'ready' });
    process.send({ type: 'loading', id: m.id, path: m.call.model.path, sha256: 'f00d', bytes: 1 }, () => process.kill(process.pid, 'SIGKILL'));
  });`,
  'runs out of its heap': `process.on('message', (m) => {
    if (m.type !== 'call') return process.send({ type: 'ready' });
    const hoard = []; for (;;) hoard.push(new Array(1e6).fill(m));
  });`,
  'ignores cancelling': `process.on('message', (m) => process.send(m.type === 'start' ? { type: 'ready' } : { type: 'beat', rssBytes: 1 })); setInterval(() => process.send({ type: 'beat', rssBytes: 1 }), 100);`,
} as const;

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-parts-'));
const open: TestRuntime[] = [];

beforeAll(() => () => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((test) => test.close()));
});

async function start(options: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const test = await startTestRuntime(options);
  open.push(test);
  return test;
}

function play(part: keyof typeof PARTS, timings: TestRuntimeOptions['timings'] = {}): Promise<TestRuntime> {
  const hostPath = join(folder, `${part.replaceAll(' ', '-')}.js`);
  writeFileSync(hostPath, PARTS[part]);
  return start({ hostPath, timings: { startMs: 1500, loadMs: 1500, beatMs: 1500, graceMs: 100, ...timings } });
}

const model: ModelSpec = { path: '/nowhere/model.gguf', use: 'embedding' };
const embed = (test: TestRuntime, spec = model, signal = never) => test.runtime.embed(spec, ['fix bug'], signal);

describe('when the child process fails', () => {
  it.each(['never speaks', 'hangs in native code', 'runs out of its heap'] as const)(
    'and %s, the request ends with an error and the next one is told to wait',
    async (part) => {
      const test = await play(part);
      await expect(embed(test)).rejects.toMatchObject({ code: 'runtime' });
      await expect(embed(test)).rejects.toMatchObject({ code: 'runtime', message: expect.stringContaining('starts again') as string });
      expect(test.runtime.state()).toMatchObject({ child: 'backing_off', restarts: 1 });
      expect(test.setAside).toEqual([]);
    },
    60_000,
  );

  it('and a file makes it abort, that file is set aside, over restarts too, until it is tried again', async () => {
    const test = await play('aborts on a file');
    await expect(embed(test)).rejects.toMatchObject({ code: 'runtime' });
    expect(test.setAside).toMatchObject([{ path: model.path }]);
    await expect(embed(test)).rejects.toMatchObject({ code: 'bad_file', message: expect.stringContaining('set aside') as string });
    expect(test.setAside).toHaveLength(1);
    test.runtime.tryAgain(model.path);
    await expect(embed(test)).rejects.toMatchObject({ code: 'runtime' });
    expect(test.setAside).toHaveLength(2);
  });

  it('and the system kills it for memory, no file is blamed', async () => {
    const test = await play('is killed for memory');
    await expect(embed(test)).rejects.toMatchObject({ code: 'runtime' });
    expect(test.setAside).toEqual([]);
  });

  it('waits longer after each crash', async () => {
    const test = await play('is killed for memory');
    const waits: number[] = [];
    for (let crash = 0; crash < 3; crash += 1) {
      await expect(embed(test)).rejects.toMatchObject({ code: 'runtime' });
      const start = Date.now();
      while (test.runtime.state().child === 'backing_off') await new Promise((resolve) => setTimeout(resolve, 20));
      waits.push(Date.now() - start);
    }
    expect(waits[1]!).toBeGreaterThan(waits[0]!);
    expect(waits[2]!).toBeGreaterThan(waits[1]!);
  });

  it('and this process was asleep longer than the child may be silent, the child is not blamed', async () => {
    const test = await start({ timings: { beatMs: 1000 } });
    const spec: ModelSpec = { path: test.write('b.gguf', tinyBert()), use: 'embedding', contextTokens: 512 };
    await embed(test, spec);
    const until = Date.now() + 2500;
    while (Date.now() < until);
    await expect(embed(test, spec)).resolves.toHaveLength(1);
    expect(test.runtime.state()).toMatchObject({ child: 'ready', restarts: 0 });
  });

  it('frees a cancelled caller at once and kills a child that does not stop', async () => {
    const test = await play('ignores cancelling', { startMs: 20_000, loadMs: 20_000, beatMs: 20_000 });
    const controller = new AbortController();
    const call = embed(test, model, controller.signal);
    setTimeout(() => {
      controller.abort();
    }, 50);
    const start = Date.now();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(Date.now() - start).toBeLessThan(2000);
    await expect.poll(() => test.runtime.state().child).toBe('stopped');
    expect(test.setAside).toEqual([]);
  });
});

describe('the real child', () => {
  const request = (words: number) => ({
    prompt: { kind: 'raw' as const, text: 'fix the bug '.repeat(words) },
    choices: ['a', 'b'],
  });

  it('stops between two chunks when a long evaluation is cancelled, and serves the next request itself', async () => {
    const test = await start();
    const spec: ModelSpec = { path: test.write('q.gguf', tinyQwen2({ width: 128 })), use: 'generation', contextTokens: 8192 };
    await test.runtime.facts(spec, never);
    const controller = new AbortController();
    const long = test.runtime.choose(spec, request(600), controller.signal);
    setTimeout(() => {
      controller.abort();
    }, 30);
    await expect(long).rejects.toMatchObject({ name: 'AbortError' });
    const answer = await test.runtime.choose(spec, request(1), never);
    expect(answer.logProbabilities).toHaveLength(2);
    expect(test.runtime.state()).toMatchObject({ child: 'ready', restarts: 0 });
  });

  it('is gone after disposal in the middle of an evaluation, and the parent is unharmed', async () => {
    const test = await start();
    const spec: ModelSpec = { path: test.write('q.gguf', tinyQwen2({ width: 128 })), use: 'generation', contextTokens: 8192 };
    await test.runtime.facts(spec, never);
    const running = test.runtime.choose(spec, request(600), never);
    const ended = expect(running).rejects.toMatchObject({ code: 'runtime' });
    await test.runtime.dispose();
    await ended;
    await expect(embed(test, spec)).rejects.toMatchObject({ code: 'runtime', message: expect.stringContaining('shut down') as string });
  });

  it('ends when it is idle and starts again when it is needed', async () => {
    const test = await start({ settings: { idleMinutes: 0.005 } });
    const spec: ModelSpec = { path: test.write('b.gguf', tinyBert()), use: 'embedding', contextTokens: 512 };
    await embed(test, spec);
    await expect.poll(() => test.runtime.state().child, { timeout: 5000 }).toBe('stopped');
    await expect(embed(test, spec)).resolves.toHaveLength(1);
    expect(test.runtime.state().restarts).toBe(0);
  });

  it('serves many requests at once, each with its own answer', async () => {
    const test = await start();
    const spec: ModelSpec = { path: test.write('b.gguf', tinyBert()), use: 'embedding', contextTokens: 512 };
    const texts = ['fix', 'bug', 'write', 'test', 'sql', 'query', 'error', 'docs'];
    const together = await Promise.all(texts.map((text) => test.runtime.embed(spec, [text], never)));
    const alone = await test.runtime.embed(spec, texts, never);
    together.forEach(([vector], index) => expect(Array.from(vector!)).toEqual(Array.from(alone[index]!)));
  });

  it('warms up without a request and never fails doing so', async () => {
    const test = await start();
    const spec: ModelSpec = { path: test.write('b.gguf', tinyBert()), use: 'embedding', contextTokens: 512 };
    test.runtime.warm({ path: '/nowhere.gguf', use: 'embedding' });
    test.runtime.warm(spec);
    await expect.poll(() => test.runtime.state().rssBytes ?? 0, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect(embed(test, spec)).resolves.toHaveLength(1);
  });
});
