import { describe, expect, it } from 'vitest';
import { placeOf } from '../../../src/completion/place';
import { createStop } from '../../../src/completion/stop';
import { cutOverrun, insertionFrom } from '../../../src/completion/trim';

interface Row {
  readonly title: string;
  /** The document, `|` at the cursor. */
  readonly at: string;
  readonly text: string;
  readonly shown: string;
  readonly language?: string;
}

const OPEN = 'function f() {\n|\n}\n';
const REST = 'const sum = |\n';

const place = ({ at, language = 'typescript' }: { readonly at: string; readonly language?: string | undefined }, whole = true) => {
  const cursor = at.indexOf('|');
  return placeOf({ language, before: at.slice(0, cursor), after: at.slice(cursor + 1), whole });
};

const kept: readonly Row[] = [
  { title: 'an answer that needs nothing', at: REST, text: 'a + b;', shown: 'a + b;' },
  { title: 'leading white space', at: OPEN, text: '  return 1;', shown: '  return 1;' },
  { title: 'comparisons that look like tokens', at: REST, text: 'a <b && c> d;', shown: 'a <b && c> d;' },
  { title: 'a pipe at the end', at: 'let sum = |\n', language: 'fsharp', text: 'List.sum <|', shown: 'List.sum <|' },
  { title: 'a bracket that closes what it opened', at: 'f(() => {\n|\n})\n', text: '  if (a) {\n    b();\n  }', shown: '  if (a) {\n    b();\n  }' },
  { title: 'several statements of a block', at: OPEN, text: '  a();\n\n  b();', shown: '  a();\n\n  b();' },
  { title: 'the block that the line opens', at: 'if (a|)\n', text: ' > 1) {\n  b();\n}', shown: ' > 1) {\n  b();\n}' },
  { title: 'a chain of calls', at: 'const names = users|\n', text: '\n  .map(name)', shown: '\n  .map(name)' },
  { title: 'an else after its block', at: 'if (a) |\n', text: '{\n  b();\n} else {\n  c();\n}\nd();', shown: '{\n  b();\n} else {\n  c();\n}' },
  { title: 'prose in a comment', at: '// |\n', text: 'The sum of both numbers.', shown: 'The sum of both numbers.' },
  { title: 'prose in a text file', at: 'Dear all,\n|\n', language: 'markdown', text: 'This is the plan:\nWe meet.', shown: 'This is the plan:\nWe meet.' },
  { title: 'prose in a docstring', at: 'def f():\n    """\n|', language: 'python', text: 'Adds the numbers.\n    """', shown: 'Adds the numbers.\n    """' },
  { title: 'a dedent that stays in the function', at: 'def f():\n    for a in b:\n|', language: 'python', text: '        c()\n    return a', shown: '        c()\n    return a' },
  { title: 'brackets in strings and comments', at: 'f(() => {\n|\n})\n', text: "  a('}'); // }", shown: "  a('}'); // }" },
  { title: 'lines that are alike three times', at: OPEN, text: '  a();\n  a();\n  a();', shown: '  a();\n  a();\n  a();' },
  { title: 'whole lines before a line of text', at: 'f();\n|g();\n', text: 'a();\nb();\n', shown: 'a();\nb();\n' },
  { title: 'the indentation of the line that moves down', at: 'if (x) {\n  |g();\n}\n', text: 'a();', shown: 'a();\n  ' },
  { title: 'CRLF as one line break', at: OPEN, text: '  a\r\n  b', shown: '  a\n  b' },
];

const cut: readonly Row[] = [
  { title: 'white space at the end', at: REST, text: 'a + b;  \n\n', shown: 'a + b;' },
  { title: 'white space alone', at: OPEN, text: '\n   ', shown: '' },
  { title: 'a Qwen end token', at: REST, text: 'a + b;<|endoftext|>import os', shown: 'a + b;' },
  { title: 'a StarCoder file separator', at: REST, text: 'a + b;<file_sep>x', shown: 'a + b;' },
  { title: 'a DeepSeek end of sentence', at: REST, text: 'a + b;<｜end▁of▁sentence｜>', shown: 'a + b;' },
  { title: 'CodeLlama’s end', at: REST, text: 'a + b; <EOT>', shown: 'a + b;' },
  { title: 'a token that the limit cut', at: REST, text: 'a + b;<|endof', shown: 'a + b;' },
  { title: 'a Codestral mark that the limit cut', at: REST, text: 'a + b;[SUFF', shown: 'a + b;' },
  { title: 'a token without its first sign', at: REST, text: 'a + b;|im_end|>', shown: 'a + b;' },
  { title: 'a fence', at: OPEN, text: '```ts\n  a();\n```\nThis adds.', shown: '  a();' },
  { title: 'a fence and the sentence before it', at: OPEN, text: 'Here is the code:\n```ts\n  a();\n```', shown: '  a();' },
  { title: 'a sentence before the code', at: OPEN, text: 'Sure, here is the missing code:\n  a();', shown: '  a();' },
  { title: 'a fence after the code', at: OPEN, text: '  a();\n```\nThis adds.', shown: '  a();' },
  { title: 'a sentence after the code', at: OPEN, text: '  a();\n\nThis calls the function.', shown: '  a();' },
  { title: 'an answer of prose', at: OPEN, text: 'The function should return the sum of both.', shown: '' },
  { title: 'the line that is there already', at: 'function f() {\n  return |\n}', text: '  return a + b;', shown: 'a + b;' },
  { title: 'the indentation that is there already', at: 'function f() {\n  a();\n  |\n}', text: '  b();', shown: 'b();' },
  { title: 'the bracket that follows the cursor', at: 'f(|)\n', text: 'a, b)', shown: 'a, b' },
  { title: 'what follows on the line', at: 'f(|) + b\n', text: 'a) + b', shown: 'a' },
  { title: 'lines after one that text follows', at: 'a + | + c;\n', text: 'b\nd();', shown: 'b' },
  { title: 'a line that is no part of the statement', at: REST, text: 'a + b;\nconsole.log(sum);', shown: 'a + b;' },
  { title: 'a block whose lines are there', at: 'for (let i = 0; i |\n  a();\n}\n', text: '< 3; i++) {\n  b();\n}', shown: '< 3; i++) {' },
  {
    title: 'several lines of what follows',
    at: 'function f() {\n|\n}\n\nfunction next() {\n  return 2;\n}',
    text: '  return 1;\n}\n\nfunction next() {',
    shown: '  return 1;',
  },
  { title: 'the line that follows', at: 'function f() {\n|\n  const next = 1;\n}\n', text: '  a();\n  const next = 1;', shown: '  a();' },
  { title: 'the beginning of the line that follows', at: 'function f() {\n|\n  const next = 1;\n}\n', text: '  a();\n  con', shown: '  a();' },
  { title: 'an answer that is the next line', at: 'f();\n|\n  return x;\n', text: '  return x;', shown: '' },
  { title: 'a bracket that the next line has', at: OPEN, text: '  a + b;\n}', shown: '  a + b;' },
  { title: 'the next function', at: 'function f() {\n|', text: '  a();\n}\n\nfunction g() {\n  b();', shown: '  a();\n}' },
  { title: 'a declaration inside a block that goes on', at: 'function f() {\n  if (a) {\n|\n  }\n}', text: '    b();\n\nfunction g() {', shown: '    b();' },
  { title: 'the next function of Python', at: 'def f():\n|', language: 'python', text: '    return 1\n\n\ndef g():\n    return 2', shown: '    return 1' },
  { title: 'the next method of a class', at: 'class A {\n  f() {\n|\n', text: '    a();\n  }\n\n  g() {\n', shown: '    a();\n  }' },
  { title: 'a second declaration at the top', at: 'import a;\n\n|', text: 'function f() {\n  a();\n}\n\nfunction g() {\n}', shown: 'function f() {\n  a();\n}' },
  { title: 'a loop of the model’s', at: OPEN, text: '  a(1);\n'.repeat(9), shown: '  a(1);' },
];

describe('ghost text keeps', () => {
  it.each(kept)('$title', ({ at, text, shown, language }) => {
    expect(insertionFrom(text, place({ at, language })).text).toBe(shown);
  });
});

describe('ghost text loses', () => {
  it.each(cut)('$title', ({ at, text, shown, language }) => {
    expect(insertionFrom(text, place({ at, language })).text).toBe(shown);
  });

  it('no bracket where the document is not seen whole, for then they cannot be counted', () => {
    const text = '  a();\n}';
    expect(insertionFrom(text, place({ at: OPEN }, false)).text).toBe(text);
  });
});

describe('brackets that the editor closed in advance', () => {
  it.each([
    ['are replaced where the answer goes on behind them', 'if (a|)\n', ' > 1) {', ' > 1) {', 1],
    ['are left where the answer ends with them', 'f(|)\n', 'a)', 'a', 0],
    ['are left where the answer has none', 'f(|)\n', 'a', 'a', 0],
    ['are left where the call after them ends alike', 'f(|);\n', 'a).then(b);', 'a).then(b', 0],
  ])('%s', (_, at, text, shown, replaces) => {
    expect(insertionFrom(text, place({ at }))).toEqual({ text: shown, replaces });
  });
});

describe('a stream is ended', () => {
  const stopAfter = (at: string, pieces: readonly string[], language = 'typescript'): number => {
    const stop = createStop(place({ at, language }));
    return pieces.findIndex((piece) => stop.add(piece));
  };

  it.each([
    ['behind the line where text follows', 'a(| + 1);', ['b', 'c\n', 'd'], 1],
    ['behind the statement', REST, ['a', ';\n', 'd'], 1],
    ['behind the function', 'function f() {\n|', ['  a();\n}\n', '\nfunction g', '() {\n'], 2],
    ['at the end of a fence', OPEN, ['```\n', '  a();\n', '```\n', 'x'], 2],
    ['not in the middle of a line', REST, ['a', ' + ', 'b'], -1],
    ['not by one line that also follows', 'function f() {\n|\n  i += 1;\n}\n', ['  i += 1;\n', '  b();\n'], -1],
  ])('%s', (_, at, pieces, expected) => {
    expect(stopAfter(at, pieces)).toBe(expected);
  });

  it('shows whole lines before it has ended', () => {
    const stop = createStop(place({ at: OPEN }));
    stop.add('  a();\n  retu');
    expect(stop.wholeLines().text).toBe('  a();');
    expect(stop.insertion().text).toBe('  a();\n  retu');
  });

  it('says that something was cut', () => {
    expect(cutOverrun('  a();\n', place({ at: OPEN })).ended).toBe(false);
    expect(cutOverrun('  a();<|im_end|>', place({ at: OPEN })).ended).toBe(true);
  });
});
