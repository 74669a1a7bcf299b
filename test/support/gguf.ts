// Writes GGUF files for the tests: any metadata, any F32 tensors, and two tiny models of real shape.
// Format: ggml's GGUF specification, version 3 (header, key-values, tensor infos, aligned data).

export type GgufValue =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Innermost dimension first, as ggml has it: a matrix of m outputs and n inputs is [n, m]. */
  readonly dimensions: readonly number[];
  readonly data: Float32Array;
}

export interface GgufFile {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
}

const ALIGNMENT = 32;
const TYPE_ID = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8 } as const;
const ARRAY_ID = 9;

export const u32 = (value: number): GgufValue => ({ type: 'u32', value });
export const f32 = (value: number): GgufValue => ({ type: 'f32', value });
export const text = (value: string): GgufValue => ({ type: 'string', value });
export const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

export function writeGguf({ metadata, tensors }: GgufFile): Buffer {
  const head: Buffer[] = [Buffer.from('GGUF'), int(3), long(tensors.length), long(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) head.push(string(key), encode(value));
  let offset = 0;
  for (const { name, dimensions, data } of tensors) {
    head.push(string(name), int(dimensions.length), ...dimensions.map(long), int(0), long(offset));
    offset += padded(data.byteLength);
  }
  const infos = Buffer.concat(head);
  const parts: Buffer[] = [infos, Buffer.alloc(padded(infos.length) - infos.length)];
  for (const { data } of tensors) {
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength), Buffer.alloc(padded(data.byteLength) - data.byteLength));
  }
  return Buffer.concat(parts);
}

const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([long(bytes.length), bytes]);
}

function encode(value: GgufValue): Buffer {
  switch (value.type) {
    case 'strings':
      return Buffer.concat([int(ARRAY_ID), int(TYPE_ID.string), long(value.value.length), ...value.value.map(string)]);
    case 'i32s':
    case 'f32s': {
      const data = value.type === 'i32s' ? Int32Array.from(value.value) : Float32Array.from(value.value);
      const id = value.type === 'i32s' ? TYPE_ID.i32 : TYPE_ID.f32;
      return Buffer.concat([int(ARRAY_ID), int(id), long(data.length), Buffer.from(data.buffer)]);
    }
    default:
      return Buffer.concat([int(TYPE_ID[value.type]), scalar(value)]);
  }
}

function scalar(value: Exclude<GgufValue, { type: 'strings' | 'i32s' | 'f32s' }>): Buffer {
  if (value.type === 'string') return string(value.value);
  if (value.type === 'bool') return Buffer.from([value.value ? 1 : 0]);
  const bytes = Buffer.alloc(4);
  if (value.type === 'f32') bytes.writeFloatLE(value.value);
  else bytes.writeInt32LE(value.value | 0);
  return bytes;
}

/** A matrix in ggml's order from a function of (output, input). */
export function matrix(inputs: number, outputs: number, of: (output: number, input: number) => number): Float32Array {
  const data = new Float32Array(inputs * outputs);
  for (let output = 0; output < outputs; output += 1) {
    for (let input = 0; input < inputs; input += 1) data[output * inputs + input] = of(output, input);
  }
  return data;
}

/** The same numbers on every machine, in -1..1. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}

/** GPT-2's printable stand-ins for the 256 bytes, in byte order. */
export function byteSymbols(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let extra = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : 256 + extra++));
}

export const CHATML_TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export interface TinyQwen2 {
  readonly width?: number;
  readonly contextTokens?: number;
  readonly name?: string;
  /** Jinja; ChatML when left out, none when null. */
  readonly template?: string | null;
  /** 1 when left out. */
  readonly heads?: number;
  /** Tokens besides the usual ones, such as `<tool_call>`; whole wherever their text stands. */
  readonly more?: readonly string[];
  /** Marks of fill-in-the-middle as Qwen-Coder has them; found by their names, as in its own files. */
  readonly fim?: boolean;
  /** Replaces tensors of the same name. */
  readonly tensors?: readonly GgufTensor[];
}

export const QWEN2_SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;
export const QWEN2_FIM_MARKS = ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'] as const;
/** 256 bytes and the special tokens. */
export const QWEN2_VOCABULARY = 256 + QWEN2_SPECIALS.length;

/** A qwen2 of one block whose vocabulary is the 256 bytes; small random weights unless replaced. */
export function tinyQwen2(options: TinyQwen2 = {}): GgufFile {
  const width = options.width ?? 64;
  const hidden = width * 2;
  const random = noise(7);
  const weights = (inputs: number, outputs: number): Float32Array => matrix(inputs, outputs, () => random() * 0.05);
  const ones = new Float32Array(width).fill(1);
  const zeros = new Float32Array(width);
  const vocabulary = qwen2Tokens(options).length;
  const defaults: GgufTensor[] = [
    { name: 'token_embd.weight', dimensions: [width, vocabulary], data: weights(width, vocabulary) },
    { name: 'output_norm.weight', dimensions: [width], data: ones },
    { name: 'output.weight', dimensions: [width, vocabulary], data: weights(width, vocabulary) },
    { name: 'blk.0.attn_norm.weight', dimensions: [width], data: ones },
    ...['q', 'k', 'v'].flatMap((part) => [
      { name: `blk.0.attn_${part}.weight`, dimensions: [width, width], data: weights(width, width) },
      { name: `blk.0.attn_${part}.bias`, dimensions: [width], data: zeros },
    ]),
    { name: 'blk.0.attn_output.weight', dimensions: [width, width], data: weights(width, width) },
    { name: 'blk.0.ffn_norm.weight', dimensions: [width], data: ones },
    { name: 'blk.0.ffn_gate.weight', dimensions: [width, hidden], data: weights(width, hidden) },
    { name: 'blk.0.ffn_up.weight', dimensions: [width, hidden], data: weights(width, hidden) },
    { name: 'blk.0.ffn_down.weight', dimensions: [hidden, width], data: weights(hidden, width) },
  ];
  const tensors = defaults.map((tensor) => options.tensors?.find(({ name }) => name === tensor.name) ?? tensor);
  return { metadata: qwen2Metadata(width, hidden, options), tensors };
}

/** Their texts, in the order of their numbers. */
export function qwen2Tokens({ fim, more = [] }: TinyQwen2): string[] {
  return [...byteSymbols(), ...QWEN2_SPECIALS, ...(fim === true ? QWEN2_FIM_MARKS : []), ...more];
}

function qwen2Metadata(width: number, hidden: number, options: TinyQwen2): GgufFile['metadata'] {
  const tokens = qwen2Tokens(options);
  const own = tokens.length - (options.more ?? []).length;
  return {
    'general.architecture': text('qwen2'),
    'general.name': text(options.name ?? 'tiny'),
    'qwen2.block_count': u32(1),
    'qwen2.context_length': u32(options.contextTokens ?? 8192),
    'qwen2.embedding_length': u32(width),
    'qwen2.feed_forward_length': u32(hidden),
    'qwen2.attention.head_count': u32(options.heads ?? 1),
    'qwen2.attention.head_count_kv': u32(options.heads ?? 1),
    'qwen2.attention.layer_norm_rms_epsilon': f32(1e-6),
    'qwen2.rope.freq_base': f32(10_000),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('qwen2'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    // 1: normal, 3: control, 4: defined by the user.
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map((_, index) => (index < 256 ? 1 : index < own ? 3 : 4)) },
    // One merge of two bytes that never meet: the loader insists on a list that is not empty.
    'tokenizer.ggml.merges': { type: 'strings', value: ['\u0100 \u0101'] },
    'tokenizer.ggml.bos_token_id': u32(256),
    'tokenizer.ggml.eos_token_id': u32(258),
    'tokenizer.ggml.add_bos_token': bool(false),
    ...(options.template === null ? {} : { 'tokenizer.chat_template': text(options.template ?? CHATML_TEMPLATE) }),
  };
}

export interface TinyBert {
  readonly width?: number;
  readonly words?: readonly string[];
  /** 1 mean pooling, 4 rank. */
  readonly pooling?: 1 | 4;
}

/** A bert of one block with a word vocabulary: similar texts share words, so vectors of random weights suffice. */
export function tinyBert(options: TinyBert = {}): GgufFile {
  const width = options.width ?? 32;
  const hidden = width * 2;
  const words = options.words ?? ['fix', 'bug', 'write', 'test', 'sql', 'query', 'error', 'docs'];
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words.map((word) => `\u2581${word}`)];
  const random = noise(11);
  const weights = (inputs: number, outputs: number, scale = 0.02): Float32Array =>
    matrix(inputs, outputs, () => random() * scale);
  const vector = (value: number, length = width): Float32Array => new Float32Array(length).fill(value);
  const norm = (name: string): GgufTensor[] => [
    { name: `${name}.weight`, dimensions: [width], data: vector(1) },
    { name: `${name}.bias`, dimensions: [width], data: vector(0) },
  ];
  const linear = (name: string, inputs: number, outputs: number): GgufTensor[] => [
    { name: `${name}.weight`, dimensions: [inputs, outputs], data: weights(inputs, outputs) },
    { name: `${name}.bias`, dimensions: [outputs], data: vector(0, outputs) },
  ];
  return {
    metadata: bertMetadata(width, hidden, tokens, options.pooling ?? 1),
    tensors: [
      { name: 'token_embd.weight', dimensions: [width, tokens.length], data: weights(width, tokens.length, 1) },
      { name: 'position_embd.weight', dimensions: [width, 512], data: weights(width, 512, 0) },
      { name: 'token_types.weight', dimensions: [width, 2], data: weights(width, 2, 0) },
      ...norm('token_embd_norm'),
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((part) => linear(`blk.0.${part}`, width, width)),
      ...norm('blk.0.attn_output_norm'),
      ...linear('blk.0.ffn_up', width, hidden),
      ...linear('blk.0.ffn_down', hidden, width),
      ...norm('blk.0.layer_output_norm'),
      ...(options.pooling === 4 ? [...linear('cls', width, width), ...linear('cls.output', width, 1)] : []),
    ],
  };
}

function bertMetadata(width: number, hidden: number, tokens: readonly string[], pooling: number): GgufFile['metadata'] {
  return {
    'general.architecture': text('bert'),
    'general.name': text('tiny-bert'),
    'bert.block_count': u32(1),
    'bert.context_length': u32(512),
    'bert.embedding_length': u32(width),
    'bert.feed_forward_length': u32(hidden),
    'bert.attention.head_count': u32(2),
    'bert.attention.layer_norm_epsilon': f32(1e-12),
    'bert.attention.causal': bool(false),
    'bert.pooling_type': u32(pooling),
    'tokenizer.ggml.model': text('bert'),
    'tokenizer.ggml.token_type_count': u32(2),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map((_, index) => (index < 5 ? 3 : 1)) },
    'tokenizer.ggml.bos_token_id': u32(2),
    'tokenizer.ggml.seperator_token_id': u32(3),
    'tokenizer.ggml.padding_token_id': u32(0),
    'tokenizer.ggml.unknown_token_id': u32(1),
    'tokenizer.ggml.cls_token_id': u32(2),
    'tokenizer.ggml.mask_token_id': u32(4),
    'tokenizer.ggml.eos_token_id': u32(3),
  };
}
