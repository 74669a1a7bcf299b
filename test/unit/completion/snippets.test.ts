import { describe, expect, it } from 'vitest';
import { createSnippetIndex, type SnippetQuery } from '../../../src/completion/snippets';

const filler = Array.from({ length: 100 }, (_, index) => `const filler${String(index)} = ${String(index)};`).join('\n');
const invoice = 'function invoiceTotal(invoice, taxRate) {\n  const net = invoice.lines.reduce(addAmount, 0);\n  return net * (1 + taxRate);\n}\n';
const query = (fields: Partial<SnippetQuery> = {}): SnippetQuery => ({
  path: 'src/bill.ts',
  language: 'typescript',
  before: 'function billTotal(bill, taxRate) {\n  const net = bill.lines.reduce(',
  after: ', 0);\n  return net * (1 + taxRate);\n}\n',
  ...fields,
});

describe('pieces of open files', () => {
  it('are those that are like the code around the cursor', () => {
    const index = createSnippetIndex();
    index.put({ path: 'src/invoice.ts', language: 'typescript', text: `${filler}\n${invoice}` });
    index.put({ path: 'src/other.ts', language: 'typescript', text: filler });
    const found = index.like(query(), 5000);
    expect(found.map(({ path }) => path)).toEqual(['src/invoice.ts']);
    expect(found[0]?.text).toContain('invoiceTotal');
    expect(found[0]?.text.split('\n').length).toBeLessThanOrEqual(41);
  });

  it.each([
    ['the file itself', { path: 'src/invoice.ts' }],
    ['another language', { language: 'python' }],
  ])('are never of %s', (_, fields) => {
    const index = createSnippetIndex();
    index.put({ path: 'src/invoice.ts', language: 'typescript', text: invoice });
    expect(index.like(query(), 5000)).toHaveLength(1);
    expect(index.like(query(fields), 5000)).toEqual([]);
  });

  it('keep to the room there is, and to one order', () => {
    const index = createSnippetIndex();
    for (const name of ['c', 'a', 'b']) index.put({ path: `${name}.ts`, language: 'typescript', text: invoice });
    expect(index.like(query(), 5000).map(({ path }) => path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
    expect(index.like(query(), invoice.length * 2)).toHaveLength(2);
    expect(index.like(query(), 10)).toEqual([]);
  });

  it('stay the same while one line is written, and change with the files', () => {
    const index = createSnippetIndex();
    index.put({ path: 'a.ts', language: 'typescript', text: invoice });
    const first = index.like(query(), 5000);
    expect(index.like(query({ before: `${query().before}add` }), 5000)).toBe(first);
    index.put({ path: 'b.ts', language: 'typescript', text: invoice });
    expect(index.like(query(), 5000)).toHaveLength(2);
    index.remove('a.ts');
    expect(index.like(query(), 5000).map(({ path }) => path)).toEqual(['b.ts']);
  });

  it('are of the twenty files that were seen last', () => {
    const index = createSnippetIndex();
    index.put({ path: 'first.ts', language: 'typescript', text: invoice });
    for (let file = 0; file < 20; file += 1) index.put({ path: `${String(file)}.ts`, language: 'typescript', text: filler });
    expect(index.like(query(), 5000)).toEqual([]);
  });
});
