import { describe, expect, it } from 'vitest';
import { scan } from '../../../src/completion/lexer';
import { enclosingIndent, placeOf, shapeOf } from '../../../src/completion/place';

const at = (text: string, language: string) => {
  const [before = '', after = ''] = text.split('|');
  return placeOf({ language, before, after, whole: true });
};

describe('shapeOf', () => {
  it.each([
    ['', '', 'open'],
    ['    ', '  ', 'open'],
    ['', 'return x', 'lines'],
    ['  ', '}', 'lines'],
    ['f(', '', 'rest'],
    ['f(', ');', 'rest'],
    ['f("', '"}],', 'rest'],
    ['a + ', ' + b', 'inside'],
    ['f(', 'name)', 'inside'],
  ])('%j before and %j after the cursor is %s', (before, after, expected) => {
    expect(shapeOf(before, after)).toBe(expected);
  });
});

describe('brackets', () => {
  it.each([
    ['javascript', 'f({', ['(', '{']],
    ['javascript', 'a = "(";', []],
    ['javascript', '// (', []],
    ['javascript', '/* ( */ [', ['[']],
    ['javascript', 'a = `(\n(`', []],
    ['javascript', 'a = /[(]/.test(b', ['(']],
    ['javascript', 'a / b / (c', ['(']],
    ['python', '"""(\n( """ + [', ['[']],
    ['python', '# (\n{', ['{']],
    ['python', 'a // (', ['(']],
    ['rust', "fn f<'a>(x: &'a str", ['(']],
    ['rust', "let c = '(';", []],
    ['cpp', "c=='('; {", ['{']],
    ['lua', '--[[ ( ]] {', ['{']],
  ])('of %s: %j leaves %j open', (language, text, open) => {
    expect(scan(text, language).open.map(({ char }) => char)).toEqual(open);
  });

  it('are counted against those below the cursor', () => {
    expect(at('f(() => {\n|\n});\n', 'javascript').balance).toBe(0);
    expect(at('if (a) {\n|', 'javascript').balance).toBe(-1);
    expect(at('if (a)|\n}\n', 'javascript').balance).toBe(1);
  });

  it('know that the text after the cursor is still in a string', () => {
    expect(at('a = `x |(\n`;\n', 'javascript').balance).toBe(0);
  });
});

describe('the declaration around the cursor', () => {
  it.each([
    ['function f() {\n  if (a) {\n|', 'javascript', 4, 0],
    ['class A {\n  f() {\n|', 'typescript', 4, 2],
    ['public class A {\n    int f() {\n        for (;;) {\n|', 'java', 12, 4],
    ["describe('a', () => {\n  it('b', () => {\n|", 'typescript', 4, 2],
    ['def f():\n    """\nText\n    """\n    for a in b:\n|', 'python', 8, 0],
    ['x = 1\n|', 'python', 0, -1],
    ['int f() {\n#ifdef A\n  if (b) {\n|', 'cpp', 4, 0],
  ])('%j', (text, language, own, expected) => {
    expect(enclosingIndent(at(text, language), own)).toBe(expected);
  });
});
