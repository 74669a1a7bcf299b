// A vocabulary for the generated decoder: byte pairs merged by how often they occur in a sample, so that texts like
// the sample come to about as many tokens as in a real model (Sennrich et al., arXiv 1508.07909).

export interface Vocabulary {
  readonly tokens: readonly string[];
  /** `left right`, in the order in which they apply. */
  readonly merges: readonly string[];
}

export function learnVocabulary(sample: string, most: number): Vocabulary {
  const symbols = byteSymbols();
  const words = countWords(sample, symbols);
  const tokens = new Set(symbols);
  const merges: string[] = [];
  while (merges.length < most) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    const [left = '', right = ''] = best.split(' ');
    merges.push(best);
    tokens.add(left + right);
    for (const word of words) merge(word.parts, left, right);
  }
  return { tokens: [...tokens], merges };
}

interface Word {
  readonly parts: string[];
  readonly count: number;
}

/** Words as the tokenizer cuts them before it merges: letters with one space before them, runs of punctuation. */
function countWords(sample: string, symbols: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const [word] of sample.matchAll(/ ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({ parts: Array.from(Buffer.from(word), (byte) => symbols[byte] ?? ''), count }));
}

/** As `left right`. */
function mostFrequentPair(words: readonly Word[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { parts, count } of words) {
    parts.slice(1).forEach((right, at) => {
      const pair = `${parts[at] ?? ''} ${right}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    });
  }
  return [...counts].reduce<[string | undefined, number]>((best, [pair, count]) => (count > best[1] ? [pair, count] : best), [undefined, 0])[0];
}

function merge(parts: string[], left: string, right: string): void {
  for (let at = 0; at + 1 < parts.length; at += 1) {
    if (parts[at] === left && parts[at + 1] === right) parts.splice(at, 2, left + right);
  }
}

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteSymbols(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : extra++));
}
