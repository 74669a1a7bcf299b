import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSyntax } from '../../../src/adapters/tree-sitter';
import { placeOf, type Place } from '../../../src/completion/place';
import { withSyntax } from '../../../src/completion/syntax';
import { insertionFrom } from '../../../src/completion/trim';
import { silentLog } from '../../../src/shared/log';

const folder = fileURLToPath(new URL('../../../node_modules/@vscode/tree-sitter-wasm/wasm', import.meta.url));
// Generous: the machine of the tests is slow now and then, and a parse that gave up would say nothing.
const syntax = createSyntax({ folder, log: silentLog, budgetMs: 5000 });

const at = (language: string, text: string): Place => {
  const [before = '', after = ''] = text.split('|');
  return placeOf({ language, before, after, whole: true });
};
const LANGUAGES = ['javascript', 'typescript', 'typescriptreact', 'go', 'java', 'rust', 'cpp', 'csharp'];

describe('the function around the cursor, by a grammar', () => {
  beforeAll(async () => {
    await Promise.all(LANGUAGES.map((language) => syntax.ready(language)));
  });

  it.each([
    ['javascript', 'const f = (a) => {\n  if (a) {\n|', { indent: 0, open: 2 }],
    ['typescript', 'class A {\n  f(): void {\n    g(() => {\n|', { indent: 2, open: 3 }],
    ['go', 'func F(a int) int {\n\tfor {\n|', { indent: 0, open: 2 }],
    ['java', 'class A {\n    int f() {\n        for (;;) {\n|', { indent: 4, open: 2 }],
    ['rust', 'fn f() {\nfor c in d {\n|', { indent: 0, open: 2 }],
    ['cpp', 'int f()\n{\nfor (;;)\n{\n|', { indent: 0, open: 2 }],
    ['csharp', 'class A {\n  int F() {\n|', { indent: 2, open: 1 }],
    ['typescript', 'export function f(\n  a: number,\n): void {\n|', { indent: 0, open: 1 }],
    ['typescriptreact', 'function F() {\n  return <A b={() => {\n|', { indent: 0, open: 3 }],
  ])('%s: %j', (language, text, expected) => {
    expect(withSyntax(at(language, text), syntax).enclosing).toEqual(expected);
  });

  it.each([
    ['the top of a file', 'javascript', 'import a;\n\n|'],
    ['text in a string', 'javascript', 'function f() {\n  return `\n|'],
    ['a language without a grammar', 'kotlin', 'fun f() {\n|'],
    ['a class outside its methods', 'java', 'class A {\n|'],
    ['a function that has ended', 'javascript', 'if (a) {\n  function f() {\n  }\n|'],
    ['a declaration that is very long', 'javascript', `function f() {\n${'  a();\n'.repeat(4000)}|`],
  ])('is not known for %s', (_, language, text) => {
    expect(withSyntax(at(language, text), syntax).enclosing).toBeUndefined();
  });

  it('keeps a function whole whose lines stand at the margin', () => {
    const place = at('rust', 'fn f() {\nlet mut r = 1;\nfor c in d {\n|');
    const text = '    r += c;\n}\nreturn r;\n}\n\nfn g() {\n';
    expect(insertionFrom(text, withSyntax(place, syntax)).text).toBe('    r += c;\n}\nreturn r;\n}');
    expect(insertionFrom(text, place).text).toBe('    r += c;\n}');
  });

  it('is not known when parsing takes longer than it may', () => {
    const hurried = createSyntax({ folder, log: silentLog, budgetMs: -1 });
    const place = at('javascript', `function f() {\n${'  a(b, c, d);\n'.repeat(800)}|`);
    return hurried.ready('javascript').then(() => {
      expect(withSyntax(place, hurried).enclosing).toBeUndefined();
      expect(withSyntax(place, syntax).enclosing).toEqual({ indent: 0, open: 1 });
    });
  });

  it('is left to the indentation where the grammars are missing', async () => {
    const nowhere = createSyntax({ folder: '/nowhere', log: silentLog });
    await nowhere.ready('go');
    expect(withSyntax(at('go', 'func F() {\n|'), nowhere).enclosing).toBeUndefined();
  });
});
