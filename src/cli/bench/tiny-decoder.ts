// A small language model for the latency benchmark, written on the spot: real architecture (qwen2), random weights,
// a vocabulary of bytes. What it costs to ask it is real; what it answers is not.
import { closeSync, openSync, writeSync } from 'node:fs';
import { mulberry32 } from '../batch';

const SHAPE = { width: 128, layers: 4, heads: 4, hidden: 384, context: 8192 };
const SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const VOCABULARY = 256 + SPECIALS.length;

export const TINY_DECODER =
  `a qwen2 of ${SHAPE.layers} blocks, width ${SHAPE.width}, with random weights and one token per byte, written for this run`;

const TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

interface Tensor {
  readonly name: string;
  /** Innermost first. */
  readonly dimensions: readonly number[];
  readonly value: 'random' | number;
}

export function writeTinyDecoder(file: string): void {
  const list = tensors();
  const head: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(list.length), u64(METADATA.length), ...METADATA];
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

function tensors(): Tensor[] {
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
    matrix('token_embd.weight', width, VOCABULARY),
    vector('output_norm.weight', 1),
    matrix('output.weight', width, VOCABULARY),
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

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteSymbols(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : extra++));
}

// Value types of the GGUF specification: 4 u32, 5 i32, 6 f32, 7 bool, 8 string, 9 array.
const number = (key: string, value: number): Buffer => Buffer.concat([string(key), u32(4), u32(value)]);
const real = (key: string, value: number): Buffer => Buffer.concat([string(key), u32(6), f32(value)]);
const text = (key: string, value: string): Buffer => Buffer.concat([string(key), u32(8), string(value)]);
const list = (key: string, type: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([string(key), u32(9), u32(type), u64(items.length), ...items]);

const METADATA: readonly Buffer[] = [
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
  list('tokenizer.ggml.tokens', 8, [...byteSymbols(), ...SPECIALS].map(string)),
  list('tokenizer.ggml.token_type', 5, Array.from({ length: VOCABULARY }, (_, index) => u32(index < 256 ? 1 : 3))),
  // The loader insists on a list that is not empty; these two bytes never meet.
  list('tokenizer.ggml.merges', 8, [string('\u0100 \u0101')]),
  number('tokenizer.ggml.bos_token_id', 256),
  number('tokenizer.ggml.eos_token_id', 258),
  text('tokenizer.chat_template', TEMPLATE),
];
