import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../src/adapters/llama/runtime';
import { RouterError } from '../../src/shared/errors';
import { bool, f32, text, tinyBert, tinyQwen2, u32, writeGguf, type GgufFile, type GgufValue } from '../support/gguf';
import { startTestRuntime, type TestRuntime } from '../support/runtime';

// Every kind of damage must end in an error for the one call; the next call, with a sound file, must work.
const never = new AbortController().signal;
const sound = writeGguf(tinyBert());

const without = (key: string) => (file: GgufFile): GgufFile => ({
  ...file,
  metadata: Object.fromEntries(Object.entries(file.metadata).filter(([name]) => name !== key)),
});
const setting = (key: string, value: GgufValue) => (file: GgufFile): GgufFile => ({
  ...file,
  metadata: { ...file.metadata, [key]: value },
});
const dropTensor = (name: string) => (file: GgufFile): GgufFile => ({
  ...file,
  tensors: file.tensors.filter((tensor) => tensor.name !== name),
});
const reshape = (name: string, dimensions: number[]) => (file: GgufFile): GgufFile => ({
  ...file,
  tensors: file.tensors.map((tensor) => (tensor.name === name ? { ...tensor, dimensions } : tensor)),
});
const fill = (name: string, value: number) => (file: GgufFile): GgufFile => ({
  ...file,
  tensors: file.tensors.map((tensor) =>
    tensor.name === name ? { ...tensor, data: new Float32Array(tensor.data.length).fill(value) } : tensor,
  ),
});
const bytes = (change: (file: Buffer) => Buffer) => (): Buffer => change(Buffer.from(sound));
const poke = (offset: number, ...values: number[]) =>
  bytes((file) => {
    values.forEach((value, index) => (file[offset + index] = value));
    return file;
  });

type Damage = (file: GgufFile) => GgufFile | Buffer;
const FF = [255, 255, 255, 255, 255, 255, 255, 127];

const bertDamages: [string, Damage][] = [
  ['an empty file', () => Buffer.alloc(0)],
  ['a few bytes', () => Buffer.from('GGU')],
  ['a text file', () => Buffer.from('<!doctype html><title>404</title>'.repeat(50))],
  ['zeros', () => Buffer.alloc(65_536)],
  ['the magic alone', () => Buffer.from('GGUF')],
  ['an unknown version', poke(4, 99)],
  ['a version of zero', poke(4, 0)],
  ['the old version 1', poke(4, 1)],
  ['a huge tensor count', poke(8, ...FF)],
  ['a huge key count', poke(16, ...FF)],
  ['a huge key length', poke(24, ...FF)],
  ['an unknown value type', bytes((file) => { file[24 + 8 + 'general.architecture'.length] = 77; return file; })],
  ['a header cut in the keys', bytes((file) => file.subarray(0, 200))],
  ['a header cut in the tensor infos', bytes((file) => file.subarray(0, 1600))],
  ['data cut in half', bytes((file) => file.subarray(0, Math.floor(file.length / 2)))],
  ['data cut by one tensor', bytes((file) => file.subarray(0, file.length - 4096))],
  ['no architecture', without('general.architecture')],
  ['an unknown architecture', setting('general.architecture', text('no-such-model'))],
  ['an architecture that is a number', setting('general.architecture', u32(3))],
  ['no block count', without('bert.block_count')],
  ['a block count of zero', setting('bert.block_count', u32(0))],
  ['a huge block count', setting('bert.block_count', u32(2_000_000_000))],
  ['more blocks than tensors', setting('bert.block_count', u32(40))],
  ['no head count', without('bert.attention.head_count')],
  ['a head count of zero', setting('bert.attention.head_count', u32(0))],
  ['more heads than dimensions', setting('bert.attention.head_count', u32(64))],
  ['a head count that does not divide', setting('bert.attention.head_count', u32(5))],
  ['no embedding length', without('bert.embedding_length')],
  ['an embedding length of zero', setting('bert.embedding_length', u32(0))],
  ['a wrong embedding length', setting('bert.embedding_length', u32(48))],
  ['a huge embedding length', setting('bert.embedding_length', u32(2_147_483_647))],
  ['an unknown pooling type', setting('bert.pooling_type', u32(4242))],
  ['a context length of zero', setting('bert.context_length', u32(0))],
  ['no vocabulary', without('tokenizer.ggml.tokens')],
  ['an empty vocabulary', setting('tokenizer.ggml.tokens', { type: 'strings', value: [] })],
  ['a vocabulary larger than the embeddings', setting('tokenizer.ggml.tokens', { type: 'strings', value: Array.from({ length: 500 }, (_, i) => `t${i}`) })],
  ['an unknown tokenizer', setting('tokenizer.ggml.model', text('no-such-tokenizer'))],
  ['no token embeddings', dropTensor('token_embd.weight')],
  ['no attention', dropTensor('blk.0.attn_q.weight')],
  ['no tensors at all', (file) => ({ ...file, tensors: [] })],
  ['a tensor twice', (file) => ({ ...file, tensors: [...file.tensors, file.tensors[0]!] })],
  ['a tensor of a wrong shape', reshape('blk.0.ffn_up.weight', [16, 16])],
  ['a tensor with a dimension of zero', reshape('blk.0.ffn_up.weight', [0, 64])],
  ['a tensor with a huge dimension', reshape('blk.0.ffn_up.weight', [32, 1_000_000_000_000])],
  ['weights that are not numbers', fill('blk.0.ffn_up.weight', Number.NaN)],
  ['weights that are infinite', fill('token_embd.weight', Number.POSITIVE_INFINITY)],
  ['a type mismatch in a key', setting('bert.block_count', f32(1))],
  ['a flag where a number belongs', setting('bert.context_length', bool(true))],
];

const qwenDamages: [string, Damage][] = [
  ['a decoder without merges', without('tokenizer.ggml.merges')],
  ['a decoder without its norm', dropTensor('output_norm.weight')],
  ['a decoder with more key heads than heads', setting('qwen2.attention.head_count_kv', u32(7))],
  ['a decoder with key heads of zero', setting('qwen2.attention.head_count_kv', u32(0))],
  ['a decoder with a wrong key shape', reshape('blk.0.attn_k.weight', [64, 32])],
];

let test: TestRuntime;
let good: ModelSpec;

beforeAll(async () => {
  test = await startTestRuntime({ timings: { loadMs: 8000, beatMs: 6000 } });
  good = { path: test.write('good.gguf', sound), use: 'embedding', contextTokens: 512 };
});
afterAll(() => test.close());

async function outcome(name: string, file: GgufFile | Buffer, use: ModelSpec['use']): Promise<unknown> {
  const spec: ModelSpec = { path: test.write(`${name.replaceAll(' ', '-')}.gguf`, file), use, contextTokens: 512 };
  const call =
    use === 'embedding'
      ? test.runtime.embed(spec, ['fix bug'], never)
      : test.runtime.choose(spec, { prompt: { kind: 'raw', text: 'x' }, choices: ['a', 'b'] }, never);
  return call.then(
    () => 'served',
    (error: unknown) => error,
  );
}

/** A crash costs a back-off; a request in that time is told so and may come again. */
async function soundFileWorks(): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      const [vector] = await test.runtime.embed(good, ['write test'], never);
      return vector?.length === 32;
    } catch (error) {
      if (!RouterError.is(error, 'runtime')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  return false;
}

describe.each([
  ['encoder', 'embedding' as const, bertDamages, tinyBert()],
  ['decoder', 'generation' as const, qwenDamages, tinyQwen2()],
])('a damaged %s', (_, use, damages, model) => {
  it.each(damages)('%s is refused or harmless, and the next request is served', async (name, damage) => {
    const result = await outcome(name, damage(model), use);
    if (result !== 'served') {
      expect(result).toBeInstanceOf(RouterError);
      expect(['bad_file', 'runtime']).toContain((result as RouterError).code);
      expect((result as RouterError).message.length).toBeGreaterThan(20);
    }
    expect(await soundFileWorks()).toBe(true);
  });
});

describe('a file that crashed the runtime', () => {
  it('is set aside by its hash, told once, and tried again only on request', async () => {
    const before = test.setAside.length;
    const paths = new Set(test.setAside.map(({ path }) => path));
    expect(paths.size).toBe(before);
    for (const { path } of test.setAside) {
      await expect(test.runtime.embed({ path, use: 'embedding' }, ['x'], never)).rejects.toMatchObject({ code: 'bad_file' });
    }
    expect(test.setAside).toHaveLength(before);
  });
});
