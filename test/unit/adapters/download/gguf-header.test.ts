import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readGgufFacts } from '../../../../src/adapters/download/gguf-header';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const u64 = (value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
};
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const entry = (key: string, type: number, value: Buffer): Buffer => Buffer.concat([text(key), u32(type), value]);
const string = (key: string, value: string): Buffer => entry(key, 8, text(value));
const list = (key: string, type: number, items: readonly Buffer[]): Buffer => entry(key, 9, Buffer.concat([u32(type), u64(items.length), ...items]));

function file(entries: readonly Buffer[], { version = 3, count = entries.length } = {}): string {
  const path = join(folder, `${String(Math.random())}.gguf`);
  writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), u32(version), u64(0), u64(count), ...entries]));
  return path;
}

const arch = string('general.architecture', 'qwen2');

describe('the header of a GGUF file', () => {
  it('tells architecture, name, size and context, also behind lists', async () => {
    const path = file([
      arch,
      string('general.name', 'Arch Router 1.5B'),
      string('general.size_label', '1.5B'),
      list('general.tags', 8, [text('routing'), text('llm')]),
      list('general.numbers', 4, [u32(1), u32(2)]),
      entry('general.quantized', 7, Buffer.from([1])),
      entry('qwen2.context_length', 4, u32(32_768)),
    ]);
    expect(await readGgufFacts(path)).toMatchObject({ architecture: 'qwen2', name: 'Arch Router 1.5B', sizeLabel: '1.5B', contextTokens: 32_768, poolingType: undefined });
  });

  it('tells a re-ranker by its pooling', async () => {
    const path = file([string('general.architecture', 'bert'), entry('bert.pooling_type', 4, u32(4))]);
    expect(await readGgufFacts(path)).toMatchObject({ poolingType: 4 });
  });

  it('tells what stands behind a vocabulary of megabytes: the chat template, and marks of fill-in-the-middle by their names', async () => {
    const words = Array.from({ length: 30_000 }, (_, index) => text(`some-long-token-${String(index)}`));
    const path = file([
      arch,
      list('tokenizer.ggml.tokens', 8, [...words, text('<|fim_prefix|>'), text('<|fim_suffix|>')]),
      list('tokenizer.ggml.scores', 6, Array.from({ length: 100_000 }, () => u32(0))),
      string('tokenizer.chat_template', '{{ messages }}'),
    ]);
    expect(await readGgufFacts(path)).toMatchObject({ chatTemplate: '{{ messages }}', fillsIn: true });
  });

  it.each([
    ['by their keys', [entry('tokenizer.ggml.fim_pre_token_id', 4, u32(5)), entry('tokenizer.ggml.fim_suf_token_id', 4, u32(6))], true],
    ['by the keys of older files', [entry('tokenizer.ggml.prefix_token_id', 4, u32(5)), entry('tokenizer.ggml.suffix_token_id', 4, u32(6))], true],
    ['not by half of them', [list('tokenizer.ggml.tokens', 8, [text('<|fim_prefix|>'), text('<|fim_middle|>')])], false],
    ['not by texts outside the vocabulary', [list('general.tags', 8, [text('<|fim_prefix|>'), text('<|fim_suffix|>')])], false],
  ])('tells marks of fill-in-the-middle %s', async (_how, entries, fillsIn) => {
    expect(await readGgufFacts(file([arch, ...entries]))).toMatchObject({ fillsIn, chatTemplate: undefined });
  });

  it.each([
    ['ends within the vocabulary', file([arch, list('tokenizer.ggml.tokens', 8, [text('a')])], { count: 9 })],
    ['has a list that claims to be endless', file([arch, entry('general.tags', 9, Buffer.concat([u32(8), u64(2n ** 62n)]))])],
    ['has a number list that claims to be endless', file([arch, entry('general.tags', 9, Buffer.concat([u32(4), u64(2n ** 62n)]))])],
    ['has a type that nobody knows', file([arch, entry('general.what', 77, u32(1))])],
    ['claims more entries than it has', file([arch], { count: 2 ** 40 })],
  ])('that %s still tells the architecture', async (_how, path) => {
    expect(await readGgufFacts(path)).toMatchObject({ architecture: 'qwen2' });
  });

  it.each([
    ['is empty', () => writeFileSync(join(folder, 'x'), '')],
    ['begins otherwise', () => writeFileSync(join(folder, 'x'), 'PK\u0003\u0004 some archive that is long enough')],
    ['is cut off', () => writeFileSync(join(folder, 'x'), 'GGUF')],
  ])('of a file that %s is refused', async (_how, write) => {
    write();
    await expect(readGgufFacts(join(folder, 'x'))).rejects.toMatchObject({ code: 'bad_file' });
  });

  it.each([
    ['no architecture', file([string('general.name', 'x')])],
    ['an empty architecture', file([string('general.architecture', '')])],
    ['an old version', file([arch], { version: 1 })],
    ['a version of the future', file([arch], { version: 9 })],
    ['a name of endless length', file([entry('general.architecture', 8, u64(2n ** 63n))])],
  ])('with %s is refused', async (_how, path) => {
    await expect(readGgufFacts(path)).rejects.toMatchObject({ code: 'bad_file' });
  });

  it('of a file that is gone is told as a matter of the disk', async () => {
    await expect(readGgufFacts(join(folder, 'gone.gguf'))).rejects.toMatchObject({ code: 'disk' });
  });
});
