// What one model is asked, and what the pipeline learns from what its server says.
import { describe, expect, it } from 'vitest';
import { callFor } from '../../../src/completion/call';
import { createTokenRatios } from '../../../src/completion/token-budget';
import type { FimCall, FimNote } from '../../../src/router/ports';
import { candidate } from '../../support/adapters';
import { fakeModel, never, request } from './support';

const model = candidate({ id: 'local', endpoint: 'http://127.0.0.1', model: 'm' });
const LONG = 'const total = first + second;\n'.repeat(1000);
const parts = (text: string, extra: FimCall['extra'] = []) => ({ request: request(text), extra, maxTokens: 128, ratios: createTokenRatios() });

describe('what one model is asked', () => {
  it('is cut to its window, and so is the answer', () => {
    const large = callFor(parts(`${LONG}|${LONG}`), { ...model, contextTokens: 32_768 });
    const small = callFor(parts(`${LONG}|${LONG}`), { ...model, contextTokens: 400 });
    expect(small.prefix.length).toBeLessThan(large.prefix.length / 4);
    expect(small.prefix.length).toBeGreaterThan(100);
    expect([large.maxTokens, small.maxTokens]).toEqual([128, 100]);
  });

  it('is little inside a line', () => {
    expect(callFor(parts('const a = |b + c;\n'), model)).toMatchObject({ maxTokens: 64, stop: ['\n'] });
  });

  it('holds other places in their order, and cuts what does not fit at the end of a line', () => {
    const [first, second, third] = ['a', 'b', 'c'].map((name) => ({ path: `${name}.ts`, text: `${name.repeat(29)}\n`.repeat(50) }));
    const { extra = [] } = callFor(parts('x|', [first!, second!, third!]), model);
    expect(extra.map(({ path }) => path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
    expect(extra.slice(0, 2)).toEqual([first, second]);
    const last = extra.at(-1)!;
    expect(last.text.length).toBeLessThan(1500);
    expect(last.text).toMatch(/c{29}\n$/u);
    expect(extra.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1240 * 3);
  });
});

/** Asks once for each note that the model's server gives; the prefixes and the cache's answers. */
async function asked(notes: readonly (readonly FimNote[])[]) {
  let turn = 0;
  const made = fakeModel(() => [], {
    fill: async function* (call) {
      seen.push(call);
      for (const note of notes[turn] ?? []) call.note?.(note);
      turn += 1;
      yield 'first + second;';
    },
    worthShowing: ({ entry }) => {
      shown.push(entry.sureness);
      return true;
    },
  });
  const seen: FimCall[] = [];
  const shown: unknown[] = [];
  const outcomes = [];
  for (const [index] of notes.entries()) {
    const outcome = made.completer.complete(request(`${LONG}const t${String(index)} = |\n`, { document: `file:///${String(index)}.ts` }), never);
    await made.clock.runUntil(made.clock.now() + 1000);
    outcomes.push(await outcome);
  }
  return { seen, shown, outcomes };
}

describe('the pipeline', () => {
  it('learns from counts how much text the model’s tokens are', async () => {
    const { seen } = await asked([[{ kind: 'counted', chars: 4500, tokens: 900 }], []]);
    expect(seen.map(({ count }) => count)).toEqual([true, true]);
    expect(seen[1]!.prefix.length).toBeGreaterThan(seen[0]!.prefix.length * 1.4);
  });

  it('learns that they are short', async () => {
    const { seen } = await asked([[{ kind: 'counted', chars: 4500, tokens: 3000 }], []]);
    expect(seen[1]!.prefix.length).toBeLessThan(seen[0]!.prefix.length * 0.6);
  });

  it('carries how sure the model was along with what it wrote', async () => {
    const { shown, outcomes } = await asked([
      [
        { kind: 'sure', logProbabilities: [-0.2, -0.4] },
        { kind: 'sure', logProbabilities: [-0.6] },
      ],
      [],
    ]);
    expect(shown[0]).toMatchObject({ least: -0.6 });
    expect((shown[0] as { mean: number }).mean).toBeCloseTo(-0.4);
    expect(outcomes[0]).toMatchObject({ sureness: { least: -0.6 } });
    expect(shown[1]).toBeUndefined();
  });
});
