// A tiny qwen2 that writes what its script says: each token leads to one other, whatever stands before. Enough to see
// where an answer begins, how it goes on and where it ends.
import { matrix, qwen2Tokens, tinyQwen2, type GgufFile, type TinyQwen2 } from './gguf';

export interface Script extends Pick<TinyQwen2, 'contextTokens' | 'fim' | 'more' | 'name' | 'template'> {
  /**
   * From the end of one token to the next, such as `{'a': 'b'}`; byte by byte besides the named tokens. What is not
   * there leads to the end of the answer.
   */
  readonly follows: Readonly<Record<string, string>>;
}

const HEAD = 64;
const LOUD = 5;

export function scriptedWriter({ follows, ...options }: Script): GgufFile {
  const tokens = qwen2Tokens(options);
  const width = Math.ceil(tokens.length / HEAD) * HEAD;
  const numberOf = (text: string): number => tokens.indexOf(text === '\n' ? 'Ċ' : text === ' ' ? 'Ġ' : text);
  const end = numberOf('<|im_end|>');
  const next = tokens.map(() => end);
  for (const [from, to] of Object.entries(follows)) next[numberOf(from)] = numberOf(to);
  const silent = (inputs: number, outputs: number) => ({ dimensions: [inputs, outputs], data: new Float32Array(inputs * outputs) });
  return tinyQwen2({
    ...options,
    width,
    heads: width / HEAD,
    tensors: [
      // Every token has a dimension of its own, which the output reads.
      { name: 'token_embd.weight', dimensions: [width, tokens.length], data: matrix(width, tokens.length, (token, dimension) => (token === dimension ? 1 : 0)) },
      { name: 'output.weight', dimensions: [width, tokens.length], data: matrix(width, tokens.length, (token, dimension) => (next[dimension] === token ? LOUD : 0)) },
      { name: 'blk.0.attn_output.weight', ...silent(width, width) },
      { name: 'blk.0.ffn_down.weight', ...silent(width * 2, width) },
    ],
  });
}

/** `chain('ab c')` leads from a to b, from b to the space, and so on; `from` leads to its first token. */
export function chain(from: string, text: string, to?: string): Record<string, string> {
  const steps = [from, ...Array.from(text), ...(to === undefined ? [] : [to])];
  return Object.fromEntries(steps.slice(1).map((step, index) => [steps[index] ?? '', step]));
}
