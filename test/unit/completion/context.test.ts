import { describe, expect, it } from 'vitest';
import { windowAround } from '../../../src/completion/context';

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${String(index)}\n`).join('');

describe('windowAround', () => {
  it('keeps a short file whole', () => {
    expect(windowAround('a\nb', 'c\nd')).toEqual({ prefix: 'a\nb', suffix: 'c\nd' });
  });

  it('begins at a line start and ends at a line end', () => {
    const { prefix, suffix } = windowAround(lines(2000), lines(2000), { prefixChars: 2000, suffixChars: 500 });
    expect(prefix.length).toBeLessThanOrEqual(2000);
    expect(prefix).toMatch(/^line \d+\n/u);
    expect(suffix.length).toBeLessThanOrEqual(500);
    expect(suffix).toMatch(/line \d+\n$/u);
  });

  it('keeps the same start while a few characters are typed, so that the server’s cache holds', () => {
    const budget = { prefixChars: 2000, suffixChars: 500 };
    const before = lines(2000);
    const starts = ['', 'c', 'co', 'con'].map((typed) => windowAround(before + typed, '', budget).prefix.slice(0, 40));
    expect(new Set(starts).size).toBe(1);
  });

  it('cuts inside a line that is longer than the budget', () => {
    const { prefix, suffix } = windowAround('x'.repeat(5000), 'y'.repeat(5000), { prefixChars: 100, suffixChars: 100 });
    expect(prefix).toBe('x'.repeat(prefix.length));
    expect(prefix.length).toBeGreaterThan(0);
    expect(prefix.length).toBeLessThanOrEqual(100);
    expect(suffix).toBe('y'.repeat(100));
  });
});
