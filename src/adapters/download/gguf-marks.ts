// The marks of fill-in-the-middle by their names in a vocabulary, as llama.cpp finds them (src/llama-vocab.cpp): many
// files have the tokens without saying so in a key of their own.
const PREFIX_MARKS = ['<|fim_prefix|>', '<fim-prefix>', '<fim_prefix>', '<｜fim▁begin｜>', '<PRE>', '▁<PRE>', '<|code_prefix|>', '<|prefix|>'];
const SUFFIX_MARKS = ['<|fim_suffix|>', '<fim-suffix>', '<fim_suffix>', '<｜fim▁hole｜>', '<SUF>', '▁<SUF>', '<|code_suffix|>', '<|suffix|>'];

const LENGTHS = new Set([...PREFIX_MARKS, ...SUFFIX_MARKS].map((mark) => Buffer.byteLength(mark)));
/** The first bytes of `<` and of the word mark U+2581. */
const FIRST = new Set([0x3c, 0xe2]);

export interface MarkFinder {
  /** Looks at one token of the vocabulary. */
  see(bytes: Buffer, start: number, end: number): void;
  /** True when a prefix and a suffix mark were among them. */
  found(): boolean;
}

export function createMarkFinder(): MarkFinder {
  const seen = { prefix: false, suffix: false };
  return {
    see: (bytes, start, end) => {
      if (!LENGTHS.has(end - start) || !FIRST.has(bytes[start] ?? 0)) return;
      const token = bytes.toString('utf8', start, end);
      seen.prefix ||= PREFIX_MARKS.includes(token);
      seen.suffix ||= SUFFIX_MARKS.includes(token);
    },
    found: () => seen.prefix && seen.suffix,
  };
}
