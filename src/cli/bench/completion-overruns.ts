// What models write behind the right answer when they do not stop: each way as it is seen with real models, made
// from the case itself and from the code of other cases. Knows nothing of the code that cuts it off again.
import { languageOf, type FimCase } from './completion-cases';

export type OverrunKind =
  | 'none'
  | 'suffix repeated'
  | 'next function'
  | 'suffix and next function'
  | 'chatter'
  | 'fence'
  | 'whole token'
  | 'cut token';

export interface Overrun {
  readonly kind: OverrunKind;
  /** What the model wrote: the true middle, and what it went on with. */
  readonly text: string;
}

const SENTENCES = [
  'This completes the function as described in the docstring.',
  'The code above handles the edge cases and returns the expected result.',
  'Explanation: the loop goes over all elements and keeps the ones that match.',
  'Note that the indices start at zero here.\n\n- The first condition checks the bounds.\n- The second one compares the values.',
  'I hope this helps! Let me know if you have any questions.',
  'In this solution we iterate once, so the complexity is linear.',
  'Here is how it works:\n\n1. We look at each element.\n2. We update the result.',
  '### Explanation\n\nThe missing part fills in the body of the function.',
  'You can test it by calling the function with the examples from above.',
];
const PREAMBLES = ['', '', 'Here is the completed code:\n\n', 'Sure! Here’s the missing part:\n\n', 'The missing code is:\n'];
const TOKENS = [
  '<|endoftext|>', '<|im_end|>', '<|fim_middle|>', '<|fim_pad|>', '<|file_sep|>', '<fim_middle>', '<file_sep>', '<EOT>',
  '<｜end▁of▁sentence｜>', '<｜fim▁begin｜>', '[SUFFIX]', '<end_of_turn>', '<|end_of_text|>', '</s>', '<|eot_id|>',
];
/** What follows such a token in models that go on regardless. */
const AFTER_TOKEN = ['', '', 'import os\n', '\n\nThe answer is above.', '<|im_start|>user\n', '\n\n\n'];

const NEXT_FUNCTION: Readonly<Record<string, string>> = {
  python: 'def next_item(items):\n    result = []\n    for item in items:\n        result.append(item * 2)\n    return result\n',
  javascript: 'function nextItem(items) {\n  return items.map((item) => item * 2);\n}\n',
  typescript: 'export function nextItem(items: number[]): number[] {\n  return items.map((item) => item * 2);\n}\n',
  java: 'public int nextItem(List<Integer> items) {\n    int sum = 0;\n    for (int item : items) sum += item;\n    return sum;\n}\n',
  go: 'func nextItem(items []int) int {\n\tsum := 0\n\tfor _, item := range items {\n\t\tsum += item\n\t}\n\treturn sum\n}\n',
  rust: 'fn next_item(items: &[i32]) -> i32 {\n    items.iter().map(|item| item * 2).sum()\n}\n',
  cpp: 'int nextItem(const vector<int>& items) {\n    int sum = 0;\n    for (int item : items) sum += item;\n    return sum;\n}\n',
};

/** Most characters that one answer runs on: about 100 tokens. */
const MOST_EXTRA = 400;

/** Every overrun of one case. `others`: cases of the same language, for real code of another function. */
export function overrunsOf(row: FimCase, others: readonly FimCase[]): Overrun[] {
  const { middle, suffix } = row;
  const random = seeded(row.id);
  const hasSuffix = suffix.trim() !== '';
  const next = nextFunction(row, others, random);
  const joined = middle.endsWith('\n') ? middle : `${middle}\n`;
  const overruns: (Overrun | undefined)[] = [
    { kind: 'none', text: middle },
    hasSuffix ? { kind: 'suffix repeated', text: middle + cutSuffix(suffix, random) } : undefined,
    { kind: 'next function', text: `${joined}\n${clip(next, random)}` },
    hasSuffix ? { kind: 'suffix and next function', text: `${middle + suffix.trimEnd()}\n\n${clip(next, random)}` } : undefined,
    { kind: 'chatter', text: `${joined}${pick(['', '\n'], random)}${pick(SENTENCES, random)}` },
    { kind: 'fence', text: fenced(joined, row, random) },
    { kind: 'whole token', text: middle + pick(TOKENS, random) + pick(AFTER_TOKEN, random) },
    { kind: 'cut token', text: middle + cutToken(random) },
  ];
  return overruns.filter((overrun) => overrun !== undefined);
}

/** The code below the cursor again, cut anywhere behind its first character by the limit of tokens. */
function cutSuffix(suffix: string, random: () => number): string {
  const first = suffix.length - suffix.trimStart().length + 1;
  return suffix.slice(0, first + Math.floor(random() * MOST_EXTRA));
}

function clip(text: string, random: () => number): string {
  return text.slice(0, 40 + Math.floor(random() * MOST_EXTRA));
}

/** A function of another case, or a plain one of the language. */
function nextFunction(row: FimCase, others: readonly FimCase[], random: () => number): string {
  const other = others.length > 0 ? pick(others, random) : undefined;
  const language = languageOf(row);
  const plain = NEXT_FUNCTION[language] ?? NEXT_FUNCTION['javascript'] ?? '';
  if (!other || other.problem === row.problem || other.entry_point === undefined) return plain;
  const lines = (other.prefix + other.middle + other.suffix).split('\n');
  const name = other.entry_point.replace(/[_\W]/gu, '').toLowerCase();
  const declaration = new RegExp(`^\\s*(?!\\*|//|#|>>>)[\\w:<>&*,\\[\\]\\s=]*${name}\\s*(?:=|\\()`, 'u');
  const at = lines.findIndex((line) => declaration.test(line.replace(/_/gu, '').toLowerCase()) && DECLARATION.test(line));
  return at < 0 ? plain : atMargin(lines.slice(at), language);
}

const DECLARATION = /^\s*(?:(?:export|public|static|async|pub)\s+)*(?:def|function|func|fn|const|let|var|class|\w[\w:<>,&*[\]]*)\s.*(?:[{:]|=>|\))\s*$/u;

/** A method stays in its class; everything else is written from the margin on. */
function atMargin(lines: readonly string[], language: string): string {
  const indent = /^\s*/u.exec(lines[0] ?? '')?.[0] ?? '';
  const moved = language === 'java' ? lines : lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
  return moved.join('\n');
}

function fenced(middle: string, row: FimCase, random: () => number): string {
  const after = pick(['', `\n\n${pick(SENTENCES, random)}`], random);
  // Base models write a closing fence alone, when the code they learned from stood in Markdown.
  if (random() < 0.3) return `${middle}\`\`\`${after}`;
  return `${pick(PREAMBLES, random)}\`\`\`${pick([row.language, ''], random)}\n${middle}\`\`\`${after}`;
}

/** The limit of tokens falls inside an end token; at least three characters of it are there. */
function cutToken(random: () => number): string {
  const token = pick(TOKENS.filter((one) => one.length > 5), random);
  return token.slice(0, 3 + Math.floor(random() * (token.length - 4)));
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** Repeatable numbers in 0..1 from a text: FNV-1a as the seed of mulberry32. */
export function seeded(text: string): () => number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
