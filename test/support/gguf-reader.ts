// A tiny qwen2 that can route: attention is uniform, so the last position sees how often some bytes stand in the
// prompt, and the output matrix lets each marker byte vote for the letters that lead to its route. Set, not trained.
import { matrix, QWEN2_VOCABULARY, tinyQwen2, type GgufFile, type GgufTensor } from './gguf';

/** Names of which two share their beginning; a word with the marker letter in the conversation means the route. */
export const MARKED_ROUTES = [
  { name: 'bug-fixing', marker: 'K', description: 'finding and fixing errors' },
  { name: 'bug-report', marker: 'W', description: 'describing errors for others' },
  { name: 'sql-data', marker: 'T', description: 'queries, joins and schemas' },
  { name: 'docs-text', marker: 'D', description: 'comments and guides' },
] as const;

const WIDTH = 64;
/** Dimension of what all tokens share; the next ones count bytes. */
const SHARED = 0;
/** `3` stands once in the instructions of both dialects: the unit that votes are weighed against. */
const UNIT = { dimension: 1, byte: '3' };
/** The hyphen stands once in each name: more of them than routes are names that the answer has named already. */
const NAMED = { dimension: 2, byte: '-' };
const COUNTED = [UNIT, NAMED, ...MARKED_ROUTES.map(({ marker }, index) => ({ dimension: 3 + index, byte: marker }))];
/** Makes one byte among about 1,500 as loud as the last token itself. */
const GAIN = 265;
const SHARPNESS = 5;

const code = (character: string): number => character.charCodeAt(0);
const markers = MARKED_ROUTES.map((_, index) => 3 + index);
const all = (weight: number): [number, number][] => markers.map((dimension) => [dimension, weight]);

/** Votes for the next byte: `[dimension, weight]`. */
const VOTES: Readonly<Record<string, [number, number][]>> = {
  b: [[3, 2], [4, 2]],
  f: [[3, 2]],
  r: [[4, 2]],
  s: [[5, 2.2]],
  d: [[6, 2.1]],
  // Arch-Router's `other`, and Plano's empty list or end of list.
  o: [[UNIT.dimension, 1]],
  ']': [[UNIT.dimension, 1]],
  '"': all(2),
  // Goes on while markers are there that the answer has not named.
  ',': [...all(1.5), [NAMED.dimension, -1.5], [UNIT.dimension, 1.5 * MARKED_ROUTES.length]],
};

export function markerReader(): GgufFile {
  const square = (of: (output: number, input: number) => number): Float32Array => matrix(WIDTH, WIDTH, of);
  const silent = square(() => 0);
  const counted = new Set(COUNTED.map(({ dimension }) => dimension));
  const byByte = new Map(COUNTED.map(({ byte, dimension }) => [code(byte), dimension]));
  const tensor = (name: string, data: Float32Array, rows = WIDTH): GgufTensor => ({ name, dimensions: [data.length / rows, rows], data });
  return tinyQwen2({
    width: WIDTH,
    name: 'Marker Reader',
    tensors: [
      tensor('token_embd.weight', matrix(WIDTH, QWEN2_VOCABULARY, (token, dimension) => (dimension === SHARED || byByte.get(token) === dimension ? 1 : 0)), QWEN2_VOCABULARY),
      tensor('blk.0.attn_q.weight', silent),
      tensor('blk.0.attn_k.weight', silent),
      tensor('blk.0.attn_v.weight', square((output, input) => (output === input && counted.has(input) ? GAIN : 0))),
      tensor('blk.0.attn_output.weight', square((output, input) => (output === input ? 1 : 0))),
      { name: 'blk.0.ffn_down.weight', dimensions: [WIDTH * 2, WIDTH], data: new Float32Array(WIDTH * WIDTH * 2) },
      tensor('output.weight', votes(), QWEN2_VOCABULARY),
    ],
  });
}

function votes(): Float32Array {
  const data = new Float32Array(WIDTH * QWEN2_VOCABULARY);
  for (const [character, weights] of Object.entries(VOTES)) {
    for (const [dimension, weight] of weights) data[code(character) * WIDTH + dimension] = weight * SHARPNESS;
  }
  return data;
}
