import { describe, expect, it } from 'vitest';
import { trimCompletion, type TrimInput } from '../../../src/completion/trim';

interface Row {
  readonly title: string;
  readonly given: Partial<TrimInput> & { readonly text: string };
  readonly shown: string;
}

const rows: readonly Row[] = [
  { title: 'keeps an answer that needs nothing', given: { text: 'a + b;' }, shown: 'a + b;' },
  { title: 'keeps leading white space', given: { text: '  return 1;', prefix: 'f() {\n' }, shown: '  return 1;' },
  { title: 'drops white space at the end', given: { text: 'a + b;\n\n' }, shown: 'a + b;' },
  { title: 'shows nothing for white space alone', given: { text: '\n   ' }, shown: '' },
  { title: 'cuts at a Qwen end token', given: { text: 'a + b;<|endoftext|>import os' }, shown: 'a + b;' },
  { title: 'cuts at a StarCoder file separator', given: { text: 'a + b;<file_sep>x' }, shown: 'a + b;' },
  { title: 'cuts at a DeepSeek end of sentence', given: { text: 'a + b;<｜end▁of▁sentence｜>' }, shown: 'a + b;' },
  { title: 'cuts at CodeLlama’s end', given: { text: 'a + b; <EOT>' }, shown: 'a + b;' },
  { title: 'keeps comparisons that look like tokens', given: { text: 'if (a <b && c> d) {}' }, shown: 'if (a <b && c> d) {}' },
  { title: 'takes code out of a fence', given: { text: '```ts\na + b;\n```\nThis adds.' }, shown: 'a + b;' },
  { title: 'takes code out of a fence after a sentence', given: { text: 'Here is the code:\n```ts\na + b;\n```' }, shown: 'a + b;' },
  { title: 'drops a fence that follows the code', given: { text: 'a + b;\n```\nThis adds.' }, shown: 'a + b;' },
  {
    title: 'drops the line that is already there',
    given: { text: '  return a + b;', prefix: 'f() {\n  return ', suffix: '\n}' },
    shown: 'a + b;',
  },
  { title: 'drops the bracket that follows the cursor', given: { text: 'a, b)', prefix: 'f(', suffix: ')\n' }, shown: 'a, b' },
  { title: 'drops what follows on the line', given: { text: 'a, b) {', prefix: 'f(', suffix: ') {\n}' }, shown: 'a, b' },
  {
    title: 'keeps later lines when only a bracket follows the cursor',
    given: { text: 'a)\nf(b)', prefix: 'f(', suffix: ')\nend' },
    shown: 'a\nf(b)',
  },
  {
    title: 'drops a repeated suffix of several lines',
    given: { text: '  return 1;\n}\n\nfunction next() {', prefix: 'f() {\n', suffix: '\n}\n\nfunction next() {\n  return 2;\n}' },
    shown: '  return 1;',
  },
  {
    title: 'stops before the line that follows',
    given: { text: 'a();\nconst next = 1;\nc();', suffix: '\nconst next = 1;\nb();' },
    shown: 'a();',
  },
  { title: 'shows nothing when it is the next line', given: { text: 'return x;', suffix: '\n  return x;\n' }, shown: '' },
  { title: 'drops a bracket that the next line has', given: { text: 'a + b;\n}', suffix: '\n}\n' }, shown: 'a + b;' },
  {
    title: 'keeps a bracket that closes what it opened',
    given: { text: 'if (a) {\n  b();\n}', suffix: '\n}\n' },
    shown: 'if (a) {\n  b();\n}',
  },
  { title: 'keeps one line inside a line', given: { text: 'a\nb', singleLine: true, suffix: ' + c' }, shown: 'a' },
  { title: 'reads CRLF', given: { text: 'a\r\nb' }, shown: 'a\nb' },
];

describe('trimCompletion', () => {
  it.each(rows)('$title', ({ given, shown }) => {
    expect(trimCompletion({ prefix: '', suffix: '', singleLine: false, ...given })).toBe(shown);
  });
});
