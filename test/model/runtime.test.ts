import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChoiceRequest, ModelSpec } from '../../src/adapters/llama/runtime';
import { tinyBert, tinyQwen2 } from '../support/gguf';
import { startTestRuntime, type TestRuntime } from '../support/runtime';

const never = new AbortController().signal;
let test: TestRuntime;
let bert: ModelSpec;
let qwen: ModelSpec;

beforeAll(async () => {
  test = await startTestRuntime();
  bert = { path: test.write('bert.gguf', tinyBert()), use: 'embedding', contextTokens: 512 };
  qwen = { path: test.write('qwen.gguf', tinyQwen2()), use: 'generation', contextTokens: 2048 };
});
afterAll(() => test.close());

const ask = (user: string, stablePrefix?: string): ChoiceRequest => ({
  prompt: { kind: 'chat', user, answerStart: '{"route": "' },
  choices: ['bug_fixing"}', 'bug_report"}', 'sql"}', 'other"}'],
  ...(stablePrefix === undefined ? {} : { stablePrefix }),
});

describe('the GGUF runtime in its own process', () => {
  it('tells what a file is', async () => {
    const facts = await test.runtime.facts(bert, never);
    expect(facts).toMatchObject({ architecture: 'bert', embeddingSize: 32, layers: 1, hasChatTemplate: false, device: 'cpu' });
    expect(facts.sha256).toMatch(/^[0-9a-f]{64}$/u);
  });

  it('embeds texts, one vector each, the same for the same text', async () => {
    const [a, b, again] = await test.runtime.embed(bert, ['fix bug', 'write test', 'fix bug'], never);
    expect(a).toHaveLength(32);
    expect(Array.from(again!)).toEqual(Array.from(a!));
    expect(Array.from(b!)).not.toEqual(Array.from(a!));
  });

  it('cuts a text that is longer than the context and survives an empty one', async () => {
    const [long, empty] = await test.runtime.embed(bert, ['fix bug '.repeat(2000), ''], never);
    expect(long!.every(Number.isFinite)).toBe(true);
    expect(empty).toHaveLength(32);
  });

  it('ranks documents with a cross-encoder', async () => {
    const ranker: ModelSpec = { path: test.write('rank.gguf', tinyBert({ pooling: 4 })), use: 'ranking', contextTokens: 512 };
    const scores = await test.runtime.rank(ranker, 'fix bug', ['error', 'docs write'], never);
    expect(scores).toHaveLength(2);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it('gives each choice a probability, normalised over the choices', async () => {
    const answer = await test.runtime.choose(qwen, ask('why does it crash'), never);
    expect(answer.logProbabilities).toHaveLength(4);
    const total = answer.logProbabilities.reduce((sum, value) => sum + Math.exp(value), 0);
    expect(total).toBeCloseTo(1, 5);
    // bug_fixing and bug_report share their first bytes: one more pass tells them apart.
    expect(answer.extraPasses).toBeGreaterThan(0);
  });

  it('answers the same with a warm cache as with a cold one', async () => {
    const prefix = `Routes: ${'bug fixing, sql, docs; '.repeat(20)}\n`;
    const cold = await test.runtime.choose(qwen, ask(`${prefix}first`, prefix), never);
    const other = await test.runtime.choose(qwen, ask(`${prefix}second one`, prefix), never);
    const warm = await test.runtime.choose(qwen, ask(`${prefix}first`, prefix), never);
    expect(other.cachedTokens).toBeGreaterThan(prefix.length);
    warm.logProbabilities.forEach((value, index) => expect(value).toBeCloseTo(cold.logProbabilities[index]!, 3));
  });

  it('keeps the state of the stable prefix on disk for the next child', async () => {
    const states = join(test.folder, 'storage/kv');
    expect(existsSync(states) ? readdirSync(states) : []).toHaveLength(1);
  });

  it('keeps the states used last and no more than a dozen', async () => {
    for (let set = 0; set < 14; set += 1) {
      const prefix = `Routes ${set}: ${'bug fixing, sql, docs; '.repeat(6)}\n`;
      await test.runtime.choose(qwen, ask(`${prefix}x`, prefix), never);
    }
    expect(readdirSync(join(test.folder, 'storage/kv')).filter((name) => name.endsWith('.kv'))).toHaveLength(12);
  });

  it('counts tokens with the model’s own tokenizer', async () => {
    await expect(test.runtime.countTokens(qwen, 'héllo', never)).resolves.toBe(6);
  });

  it('refuses a request that does not fit the context', async () => {
    await expect(test.runtime.choose(qwen, ask('x'.repeat(5000)), never)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('refuses a model that needs more memory than it may have', async () => {
    const small = await startTestRuntime({ settings: { memoryLimitMb: 1 } });
    try {
      const path = small.write('qwen.gguf', tinyQwen2());
      await expect(small.runtime.facts({ path, use: 'generation' }, never)).rejects.toMatchObject({
        code: 'runtime',
        message: expect.stringContaining('memoryLimitMb') as string,
      });
    } finally {
      await small.close();
    }
  });
});
