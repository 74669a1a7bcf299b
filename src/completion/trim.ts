// What of a model's fill-in-the-middle answer becomes ghost text. Pure; issue F makes it finer.

/** End and control tokens that servers leave in the text (Qwen, StarCoder, CodeLlama, DeepSeek, Codestral ...). */
const END_TOKEN =
  /<\|(?:endoftext|end_of_text|im_end|im_start|eot_id|file_sep|repo_name|file_separator|cursor|fim_\w+)\|>|<\/?(?:fim_\w+|file_sep|s|EOT|PRE|SUF|MID|end_of_turn|eos)>|<｜[^｜\n]{1,40}｜>|<\[fim-\w+\]>|\[(?:SUFFIX|PREFIX|MIDDLE)\]/u;

/** A suffix repetition shorter than this is a coincidence such as a lone brace. */
const MIN_OVERLAP_CHARS = 4;

export interface TrimInput {
  /** The model's text. */
  readonly text: string;
  /** Document text before the cursor. */
  readonly prefix: string;
  /** Document text after the cursor. */
  readonly suffix: string;
  readonly singleLine: boolean;
}

/** The text to insert, or an empty string when nothing worth showing is left. */
export function trimCompletion({ text, prefix, suffix, singleLine }: TrimInput): string {
  let kept = text.replace(/\r\n/gu, '\n');
  kept = cutAtEndToken(kept);
  kept = unfence(kept);
  kept = dropRepeatedPrefix(kept, prefix);
  if (singleLine) kept = firstLine(kept);
  kept = dropRepeatedSuffix(kept, suffix);
  kept = kept.trimEnd();
  return kept.trim() === '' || repeatsNextLine(kept, suffix) ? '' : kept;
}

function cutAtEndToken(text: string): string {
  const found = END_TOKEN.exec(text);
  return found ? text.slice(0, found.index) : text;
}

/** Chat models wrap code into a fence, some with a sentence before it. */
function unfence(text: string): string {
  const fence = /(?:^|\n)[ \t]*```[^\n`]*\n/u.exec(text);
  if (!fence) return text;
  const body = text.slice(fence.index + fence[0].length);
  const end = body.search(/(?:^|\n)[ \t]*```/u);
  const before = text.slice(0, fence.index);
  // A fence after code that already answers is chatter: keep what came before it.
  if (before.trim() !== '' && !/[:.]\s*$/u.test(before)) return before;
  return end < 0 ? body : body.slice(0, end);
}

/** Some models begin with the line that is already there. */
function dropRepeatedPrefix(text: string, prefix: string): string {
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  return line.trim().length >= MIN_OVERLAP_CHARS && text.startsWith(line) ? text.slice(line.length) : text;
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

function dropRepeatedSuffix(text: string, suffix: string): string {
  const sameLine = firstLine(suffix);
  const own = sameLine.trim();
  // What follows on this line is repeated at the end of the answer's first line: `foo(|)` -> `a, b)`.
  if (own !== '') {
    const first = firstLine(text);
    if (first.trimEnd().endsWith(own)) {
      const cut = first.trimEnd().slice(0, -own.length);
      return text.length === first.length || isClosing(own) ? cut + restAfter(text, first) : cut;
    }
  }
  return cutOverlap(text, suffix);
}

function restAfter(text: string, first: string): string {
  return text.slice(first.length);
}

function isClosing(text: string): boolean {
  return /^[)\]}>"'`;,\s]+$/u.test(text);
}

/** Cuts the longest end of `text` that is also the beginning of what follows. */
function cutOverlap(text: string, suffix: string): string {
  const following = suffix.replace(/^\s+/u, '');
  const body = text.trimEnd();
  const limit = Math.min(body.length, following.length, 2000);
  for (let length = limit; length >= MIN_OVERLAP_CHARS; length -= 1) {
    const at = body.length - length;
    if (body.startsWith(following.slice(0, length), at) && isWordEdge(body, at)) return body.slice(0, at);
  }
  return dropRepeatedClosers(cutAtRepeatedLine(text, following), following);
}

/** The model closes a block that the text below closes already: `}` at its end, and more closed than opened. */
function dropRepeatedClosers(text: string, following: string): string {
  const next = firstLine(following).trim();
  const body = text.trimEnd();
  const start = body.lastIndexOf('\n') + 1;
  const repeats = isClosing(next) && next !== '' && body.slice(start).trim() === next && closesMore(body);
  return repeats ? body.slice(0, start) : text;
}

function closesMore(text: string): boolean {
  const opened = text.match(/[([{]/gu)?.length ?? 0;
  const closed = text.match(/[)\]}]/gu)?.length ?? 0;
  return closed > opened;
}

function isWordEdge(text: string, at: number): boolean {
  return at === 0 || !/\w/u.test(text[at - 1] ?? '') || !/\w/u.test(text[at] ?? '');
}

/** The model ran on into the code that is already below: stop before that line. */
function cutAtRepeatedLine(text: string, following: string): string {
  const next = firstLine(following).trim();
  if (next.length < 2 * MIN_OVERLAP_CHARS) return text;
  const lines = text.split('\n');
  const at = lines.findIndex((line, index) => index > 0 && line.trim() === next);
  return at < 0 ? text : lines.slice(0, at).join('\n');
}

function repeatsNextLine(text: string, suffix: string): boolean {
  const own = text.trim();
  const next = suffix.split('\n').find((line) => line.trim() !== '')?.trim() ?? '';
  return own.length >= MIN_OVERLAP_CHARS && own === next;
}
