import { describe, expect, it } from 'vitest';
import { textsAround, windowAround, type Around, type WindowBudget } from '../../../src/completion/context';

const lines = (count: number, from = 0): string => Array.from({ length: count }, (_, index) => `line ${String(from + index)}\n`).join('');

function around(before: string, after = '', fields: Partial<Around> = {}): Around {
  return { before, after, offset: before.length, language: 'typescript', ...fields };
}

const AMPLE: WindowBudget = { prefixChars: 6000, suffixChars: 2000 };
const SMALL: WindowBudget = { prefixChars: 2000, suffixChars: 500 };
const IMPORTS = "import { sum } from './sum';\nimport {\n  first,\n  second,\n} from './order';\n";

describe('windowAround', () => {
  it('keeps a short file whole', () => {
    expect(windowAround(around('a\nb', 'c\nd'), AMPLE)).toEqual({ prefix: 'a\nb', suffix: 'c\nd' });
  });

  it('begins at a line start and ends at a line end', () => {
    const { prefix, suffix } = windowAround(around(lines(2000), lines(2000)), SMALL);
    expect(prefix.length).toBeLessThanOrEqual(2000);
    expect(prefix).toMatch(/^line \d+\n/u);
    expect(suffix.length).toBeLessThanOrEqual(500);
    expect(suffix).toMatch(/line \d+\n$/u);
  });

  it('cuts inside a line that is longer than the budget', () => {
    const { prefix, suffix } = windowAround(around('x'.repeat(5000), 'y'.repeat(5000)), { prefixChars: 100, suffixChars: 100 });
    expect(prefix).toBe('x'.repeat(prefix.length));
    expect(prefix.length).toBeGreaterThan(50);
    expect(prefix.length).toBeLessThanOrEqual(100);
    expect(suffix).toBe('y'.repeat(100));
  });

  it('keeps most of the budget when the next line begins just before the cursor', () => {
    expect(windowAround(around(`${'x'.repeat(5000)}\ny`), SMALL).prefix.length).toBeGreaterThan(900);
  });
});

/** Beginnings of the windows while `count` characters are typed behind `before`, of which the last `seen` are read. */
function starts(before: string, count: number, { seen = Infinity, typed = 'typed text ' } = {}): string[] {
  return Array.from({ length: count }, (_, index) => {
    const text = before + typed.repeat(Math.ceil(count / typed.length)).slice(0, index);
    const read = text.slice(-seen);
    return windowAround(around(read, '', { offset: text.length, ...(read === text ? {} : { head: text.slice(0, 8000) }) }), SMALL).prefix.slice(0, 40);
  });
}

describe('the window’s start', () => {
  it.each([
    ['a file that is read whole', lines(2000), {}],
    ['the end of a file that is too long to be read whole', lines(9000), { seen: 60_000 }],
    ['lines that are added', lines(2000), { typed: 'x\n' }],
    ['lines that are added to a file that is too long', lines(9000), { seen: 60_000, typed: 'x\n' }],
  ])('stays for hundreds of keys: %s', (_, before, options) => {
    // A quarter of the budget is one step: 1,000 keys see it move twice at most.
    expect(new Set(starts(before, 1000, options)).size).toBeLessThanOrEqual(3);
  });
});

describe('what a file imports', () => {
  const long = `// Of things.\n${IMPORTS}${lines(2000)}`;

  it('stays in the prompt of a long file', () => {
    const { prefix } = windowAround(around(long), SMALL);
    expect(prefix.startsWith(`${IMPORTS}line `)).toBe(true);
    expect(prefix.endsWith('line 1999\n')).toBe(true);
    expect(prefix.length).toBeLessThanOrEqual(2000);
  });

  it('stays when only the end of the file is read', () => {
    const read = long.slice(-9000);
    const { prefix } = windowAround(around(read, '', { offset: long.length, head: long.slice(0, 3000) }), SMALL);
    expect(prefix.startsWith(`${IMPORTS}line `)).toBe(true);
  });

  it('stands there once when the window begins above its end', () => {
    const text = `${IMPORTS}${lines(40)}`;
    const { prefix } = windowAround(around(text), { prefixChars: text.length - 5, suffixChars: 0 });
    expect(prefix.match(/'\.\/order'/gu)).toHaveLength(1);
    expect(prefix).toContain('line 39\n');
  });

  it('takes a quarter of the budget at most, in whole lines', () => {
    const many = Array.from({ length: 80 }, (_, index) => `import { name${String(index)} } from './file${String(index)}';\n`).join('');
    const { prefix } = windowAround(around(many + lines(2000)), SMALL);
    const imports = prefix.slice(0, prefix.indexOf('line '));
    expect(imports.length).toBeGreaterThan(300);
    expect(imports.length).toBeLessThanOrEqual(500);
    expect(imports).toMatch(/^import \{ name0 \}.*\n$/su);
  });

  it('is among what is searched before it is sent', () => {
    const request = around(long, lines(2000));
    const searched = textsAround(request).join('\n');
    const { prefix, suffix } = windowAround(request, AMPLE);
    expect(searched).toContain(IMPORTS);
    expect(searched).toContain(prefix.slice(IMPORTS.length));
    expect(searched).toContain(suffix);
  });
});
