// A small language model for the latency benchmark, written on the spot: real architecture (qwen2), random weights,
// a vocabulary learnt from the benchmark's own texts. What it costs to ask it is real; what it answers is not.
import { closeSync, openSync, writeSync } from 'node:fs';
import { mulberry32 } from '../batch';
import { learnVocabulary, type Vocabulary } from './byte-pairs';

/** Width to depth to hidden as in Qwen2.5, so that as much of the work lies in the same places. */
const SHAPE = { width: 384, layers: 6, heads: 6, hidden: 1536, context: 8192 };
const SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const MERGES = 2000;

export const TINY_DECODER =
  `a qwen2 of ${SHAPE.layers} blocks, width ${SHAPE.width}, in 32-bit floats with random weights, written for this run`;

const TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

interface Tensor {
  readonly name: string;
  /** Innermost first. */
  readonly dimensions: readonly number[];
  readonly value: 'random' | number;
}

/** `sample`: text of the kind that the model will be asked. */
export function writeTinyDecoder(file: string, sample: string): void {
  const vocabulary = learnVocabulary(sample, MERGES);
  const list = tensors(vocabulary.tokens.length + SPECIALS.length);
  const entries = metadata(vocabulary);
  const head: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(list.length), u64(entries.length), ...entries];
  let offset = 0;
  for (const { name, dimensions } of list) {
    head.push(string(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(offset));
    offset += padded(bytesOf(dimensions));
  }
  const start = Buffer.concat(head);
  const out = openSync(file, 'w');
  try {
    writeSync(out, Buffer.concat([start, Buffer.alloc(padded(start.length) - start.length)]));
    const random = mulberry32(1);
    for (const tensor of list) writeSync(out, dataOf(tensor, random));
  } finally {
    closeSync(out);
  }
}

function tensors(vocabulary: number): Tensor[] {
  const { width, hidden, layers } = SHAPE;
  const matrix = (name: string, inputs: number, outputs: number): Tensor => ({ name, dimensions: [inputs, outputs], value: 'random' });
  const vector = (name: string, value: number): Tensor => ({ name, dimensions: [width], value });
  const block = (at: number): Tensor[] => [
    vector(`blk.${at}.attn_norm.weight`, 1),
    ...['q', 'k', 'v'].flatMap((part) => [
      matrix(`blk.${at}.attn_${part}.weight`, width, width),
      vector(`blk.${at}.attn_${part}.bias`, 0),
    ]),
    matrix(`blk.${at}.attn_output.weight`, width, width),
    vector(`blk.${at}.ffn_norm.weight`, 1),
    matrix(`blk.${at}.ffn_gate.weight`, width, hidden),
    matrix(`blk.${at}.ffn_up.weight`, width, hidden),
    matrix(`blk.${at}.ffn_down.weight`, hidden, width),
  ];
  return [
    matrix('token_embd.weight', width, vocabulary),
    vector('output_norm.weight', 1),
    matrix('output.weight', width, vocabulary),
    ...Array.from({ length: layers }, (_, at) => block(at)).flat(),
  ];
}

function dataOf({ dimensions, value }: Tensor, random: () => number): Buffer {
  const bytes = bytesOf(dimensions);
  const data = new Float32Array(padded(bytes) / 4);
  const count = bytes / 4;
  for (let index = 0; index < count; index += 1) data[index] = value === 'random' ? (random() - 0.5) * 0.1 : value;
  return Buffer.from(data.buffer);
}

const bytesOf = (dimensions: readonly number[]): number => dimensions.reduce((product, size) => product * size, 4);
const padded = (bytes: number): number => Math.ceil(bytes / 32) * 32;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

// Value types of the GGUF specification: 4 u32, 5 i32, 6 f32, 7 bool, 8 string, 9 array.
const number = (key: string, value: number): Buffer => Buffer.concat([string(key), u32(4), u32(value)]);
const real = (key: string, value: number): Buffer => Buffer.concat([string(key), u32(6), f32(value)]);
const text = (key: string, value: string): Buffer => Buffer.concat([string(key), u32(8), string(value)]);
const list = (key: string, type: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([string(key), u32(9), u32(type), u64(items.length), ...items]);

function metadata({ tokens, merges }: Vocabulary): Buffer[] {
  const all = [...tokens, ...SPECIALS];
  return [
    text('general.architecture', 'qwen2'),
    text('general.name', 'Arch-Router stand-in'),
    number('qwen2.block_count', SHAPE.layers),
    number('qwen2.context_length', SHAPE.context),
    number('qwen2.embedding_length', SHAPE.width),
    number('qwen2.feed_forward_length', SHAPE.hidden),
    number('qwen2.attention.head_count', SHAPE.heads),
    number('qwen2.attention.head_count_kv', SHAPE.heads),
    real('qwen2.attention.layer_norm_rms_epsilon', 1e-6),
    real('qwen2.rope.freq_base', 10_000),
    text('tokenizer.ggml.model', 'gpt2'),
    text('tokenizer.ggml.pre', 'qwen2'),
    list('tokenizer.ggml.tokens', 8, all.map(string)),
    list('tokenizer.ggml.token_type', 5, all.map((_, index) => u32(index < tokens.length ? 1 : 3))),
    list('tokenizer.ggml.merges', 8, merges.map(string)),
    number('tokenizer.ggml.bos_token_id', tokens.length),
    number('tokenizer.ggml.eos_token_id', tokens.length + 2),
    text('tokenizer.chat_template', TEMPLATE),
  ];
}
