// What models put around code: end tokens, whole or cut; fences; sentences. Pure text, no knowledge of the document.

const NAMES = 'endoftext|end_of_text|im_end|im_start|eot_id|file_sep|file_separator|repo_name|cursor|eom_id|begin_of_text|fim_\\w+';

/** End and control tokens that servers leave in the text (Qwen, StarCoder, CodeLlama, DeepSeek, Codestral, Seed ...). */
const END_TOKEN = new RegExp(
  [
    `<\\|(?:${NAMES})\\|?>?`,
    `\\|(?:${NAMES})\\|>`,
    '</?(?:fim_\\w+|file_sep|repo_name|EOT|PRE|SUF|MID|end_of_turn|start_of_turn|eos|bos)>|</s>',
    '<｜[^｜\\n]{0,40}(?:｜>?)?',
    '<\\[[\\w▁-]{3,24}\\]?>?',
    '\\[(?:SUFFIX|PREFIX|MIDDLE)\\]',
  ].join('|'),
  'u',
);

/** For answers that were cut in the middle of such a token. */
const TOKENS = [
  '<|endoftext|>', '<|end_of_text|>', '<|im_end|>', '<|im_start|>', '<|eot_id|>', '<|file_sep|>', '<|file_separator|>', '<|repo_name|>',
  '<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|fim_pad|>', '<fim_prefix>', '<fim_suffix>', '<fim_middle>', '<fim_pad>',
  '<file_sep>', '<EOT>', '<PRE>', '<SUF>', '<MID>', '<end_of_turn>', '<start_of_turn>', '<eos>', '</s>', '[SUFFIX]', '[PREFIX]', '[MIDDLE]',
] as const;
/** Fewer characters than this are as likely an operator. */
const LEAST_PARTIAL = 3;

/** Where the first control token begins, also one that the end of the text cuts; the text's length when none. */
export function endTokenAt(text: string): number {
  const found = END_TOKEN.exec(text);
  return found ? found.index : partialTokenAt(text);
}

function partialTokenAt(text: string): number {
  const from = Math.max(text.lastIndexOf('<'), text.lastIndexOf('['));
  const tail = from < 0 ? '' : text.slice(from);
  return tail.length >= LEAST_PARTIAL && TOKENS.some((token) => token.startsWith(tail)) ? from : text.length;
}

export interface Unwrapped {
  readonly text: string;
  /** A closing fence was seen: nothing of the code follows. */
  readonly ended: boolean;
}

const FENCE = /(?:^|\n)[ \t]*(?:```|~~~)[^\n`]*(?:\n|$)/u;
/** Sentences before the code are short; a fence further down belongs to chatter after it. */
const MOST_PREAMBLE_LINES = 4;

/** Takes the code out of a fence, with the sentences around it; a fence after the code ends it. */
export function unwrap(text: string): Unwrapped {
  const fence = FENCE.exec(text);
  if (!fence) return { text: withoutPreamble(text), ended: false };
  const before = text.slice(0, fence.index);
  const body = text.slice(fence.index + fence[0].length);
  if (before.trim() !== '' && !isPreamble(before)) {
    return { text: `${before}\n`, ended: true };
  }
  const end = FENCE.exec(body);
  return end ? { text: body.slice(0, end.index + (end[0].startsWith('\n') ? 1 : 0)), ended: true } : { text: body, ended: false };
}

function isPreamble(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length <= MOST_PREAMBLE_LINES && lines.every(isSentence);
}

/** `Here is the code:` on a line of its own. */
function withoutPreamble(text: string): string {
  const found = /^\s*([^\n]+):[ \t]*\n/u.exec(text);
  return found && PREAMBLE.test(found[1] ?? '') ? text.slice(found[0].length).replace(/^\n+/u, '') : text;
}

const PREAMBLE = /^(?:sure|certainly|of course|okay|ok|here(?:'|’)?s?\b|the (?:completed?|missing|following|code)|this is|below is|i(?:'|’)ll|completed?\b|answer\b|solution\b)/iu;
const OPENING =
  /^(?:this|the|here|note|in this|explanation|output|example|you|i|we|it|let|sure|certainly|now|to|please|as|if you|these|that|so|first|then|finally|human|user|assistant|question|answer|hope|feel free|complete[d]?)\b/iu;
const TURN = /^\s*(?:#{1,6} \S|\*\*\w|(?:human|user|assistant|explanation|output|note|answer|question)\s*:)/iu;

/** A line of prose, told from code by its words and by the signs it does not have. */
export function isSentence(line: string): boolean {
  if (TURN.test(line)) return true;
  const text = line.trim().replace(/^(?:[-*>•]|\d+[.)])\s+/u, '').replace(/`[^`]*`|\*\*/gu, 'x');
  if (!/^["'(]?[A-Z]/u.test(text) || /[;{}=[\]\\]|\w\(|->|::|^\w+,?$/u.test(text)) return false;
  const words = text.split(/\s+/u);
  const plain = words.filter((word) => /^["'(]?[\p{L}'’-]+[)"',.:!?]*$/u.test(word)).length;
  if (words.length < 3 || plain < words.length * 0.7) return false;
  return /[.:!?]["')]*$/u.test(text) ? words.length >= 3 : OPENING.test(text) && words.length >= 4;
}
