import { describe, expect, it } from 'vitest';
import { addEdit, recentTexts, type Edit } from '../../../src/completion/recent-edits';

const edit = (path: string, from: number, to = from, atMs = 0): Edit => ({ path, from, to, atMs });
const all = (...edits: Edit[]): readonly Edit[] => edits.reduce<readonly Edit[]>((known, one) => addEdit(known, one), []);
const file = Array.from({ length: 300 }, (_, line) => `line ${String(line)}`);
const texts = (edits: readonly Edit[], here = { path: 'here.ts', line: 10, nowMs: 1000 }) => recentTexts(edits, here, () => file);

describe('what was changed last', () => {
  it('is one change where lines are near each other', () => {
    expect(all(edit('a.ts', 10), edit('a.ts', 15), edit('a.ts', 100))).toEqual([edit('a.ts', 10, 15), edit('a.ts', 100)]);
  });
  it('is at most eight changes', () => {
    expect(all(...Array.from({ length: 20 }, (_, index) => edit(`${String(index)}.ts`, 1)))).toHaveLength(8);
  });
  it('does not grow into a whole file', () => {
    const [one] = all(...Array.from({ length: 100 }, (_, index) => edit('a.ts', index * 5)));
    expect(one!.to - one!.from).toBeLessThanOrEqual(48);
  });
  it('goes along with the lines around it', () => {
    expect(texts([edit('a.ts', 50)])).toEqual([{ path: 'a.ts', text: `${file.slice(46, 55).join('\n')}\n` }]);
  });
  it('is not said again where it stands near the cursor', () => {
    expect(texts([edit('here.ts', 30)])).toEqual([]);
    expect(texts([edit('here.ts', 200)])).toHaveLength(1);
  });
  it('is forgotten after a quarter of an hour', () => {
    expect(texts([edit('a.ts', 50)], { path: 'here.ts', line: 10, nowMs: 16 * 60_000 })).toEqual([]);
  });
  it('is the newest three, in the order of their paths', () => {
    const edits = all(edit('d.ts', 1), edit('c.ts', 1), edit('b.ts', 1), edit('a.ts', 1));
    expect(texts(edits).map(({ path }) => path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
  });
  it('is left out where the text may not be read', () => {
    expect(recentTexts([edit('a.ts', 50)], { path: 'here.ts', line: 10, nowMs: 0 }, () => undefined)).toEqual([]);
  });
});
