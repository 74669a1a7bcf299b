import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { readFimCases, type FimCase } from '../../../src/cli/bench/completion-cases';
import { editSimilarity, findLiveModel, runLive } from '../../../src/cli/bench/completion-live';
import { isExact, runOracle } from '../../../src/cli/bench/completion-oracle';
import { overrunsOf } from '../../../src/cli/bench/completion-overruns';
import { passesTest } from '../../../src/cli/bench/completion-test-run';
import { runTrace } from '../../../src/cli/bench/completion-trace';
import { createVirtualClock } from '../../../src/cli/bench/virtual-clock';
import { startModelServer } from '../../support/openai-server';

const python: FimCase = {
  id: 'py',
  kind: 'line',
  language: 'python',
  prefix: 'def largest(items):\n    best = items[0]\n    for item in items:\n',
  middle: '        if item > best:\n            best = item\n',
  suffix: '    return best\n',
};
const js: FimCase = {
  id: 'js',
  kind: 'midline',
  language: 'js',
  prefix: 'const sum = (items) => {\n  let total = 0;\n  for (let i = 0; i',
  middle: ' < items.length; i++) {',
  suffix: '\n    total += items[i];\n  }\n  return total;\n}\n',
};
const ROWS = [python, js];

describe('the oracle of bench completion', () => {
  it('lets the model run on in every way that fits the case', () => {
    const kinds = overrunsOf(python, ROWS).map(({ kind, text }) => {
      expect(kind === 'fence' || text.startsWith(python.middle.trimEnd())).toBe(true);
      return kind;
    });
    expect(kinds).toEqual(['none', 'suffix repeated', 'next function', 'suffix and next function', 'chatter', 'fence', 'whole token', 'cut token']);
    expect(overrunsOf({ ...python, suffix: '' }, ROWS).map(({ kind }) => kind)).not.toContain('suffix repeated');
  });

  it('finds the middle again', () => {
    const { cases, exact, byKind, wrong } = runOracle(ROWS);
    expect({ cases, exact, wrong }).toEqual({ cases: 16, exact: 1, wrong: [] });
    expect(byKind['chatter']).toEqual({ cases: 2, exact: 1 });
  });

  it('counts what is cut wrongly, and says what came of it', () => {
    const odd = { ...python, middle: '        return item\n\n\ndef other():\n    return 1\n' };
    const { exact, wrong } = runOracle([odd]);
    expect(exact).toBeLessThan(1);
    expect(wrong[0]).toMatchObject({ id: 'py', kind: 'none', got: '        return item\n' });
  });

  it.each([
    ['the same text', 'a\n', 'b', 'a\n', true],
    ['another text', 'a\n', 'b', 'c\n', false],
    ['a line break less where the line goes on', 'a\n', 'b', 'a', false],
    ['a line break less where nothing follows', 'a\n', '\nb', 'a', true],
  ])('%s', (_, middle, suffix, got, expected) => {
    expect(isExact({ ...python, middle, suffix }, got)).toBe(expected);
  });
});

describe('the trace of bench completion', () => {
  it('types the middles, the same way each time', async () => {
    const one = await runTrace(ROWS);
    const { keystrokes, cacheShare, requests, cancelled, shown, ownP95Ms } = one;
    expect(keystrokes).toBeGreaterThan(20);
    expect(requests).toBeGreaterThan(0);
    expect(cancelled).toBeLessThanOrEqual(requests);
    expect(shown).toBeGreaterThan(0);
    expect(cacheShare).toBeGreaterThan(0.3);
    expect(ownP95Ms).toBeGreaterThan(0);
    const again = await runTrace(ROWS);
    expect({ ...again, ownP50Ms: 0, ownP95Ms: 0, hitP95Ms: 0 }).toEqual({ ...one, ownP50Ms: 0, ownP95Ms: 0, hitP95Ms: 0 });
  });

  it('goes by a clock that wakes sleepers in their order', async () => {
    const clock = createVirtualClock();
    const woken: string[] = [];
    void clock.sleep(20).then(() => woken.push(`b ${String(clock.now())}`));
    void clock.sleep(10).then(() => woken.push(`a ${String(clock.now())}`));
    const controller = new AbortController();
    clock.sleep(5, controller.signal).catch((error: unknown) => woken.push((error as Error).name));
    controller.abort();
    await clock.runUntil(15);
    expect(woken).toEqual(['AbortError', 'a 10']);
    await clock.runUntil(30);
    expect(woken).toEqual(['AbortError', 'a 10', 'b 20']);
  });
});

describe('a real model in bench completion', () => {
  const jsCase: FimCase = { ...js, test: 'console.assert(sum([1, 2]) === 3)' };
  const pyCase: FimCase = { ...python, entry_point: 'largest', test: 'def check(candidate):\n    assert candidate([1, 3, 2]) == 3\n' };

  it('is found on this machine and scored by the cases and their tests', async () => {
    const server = await startModelServer({ kind: 'llama.cpp', models: { m: { reply: ({ input_prefix: prefix }) => (String(prefix).startsWith('def') ? python.middle : ' < 0; i++) {') } } });
    try {
      const live = await findLiveModel(undefined, [server.url]);
      expect(live?.candidate.id).toBe('llama.cpp/m');
      const result = await runLive([pyCase, jsCase], live!);
      expect(result).toMatchObject({ cases: 2, exact: 0.5, failed: 0 });
      expect(result.editSimilarity).toBeGreaterThan(0.7);
      // Where there is no Python, only the wrong one is tested.
      expect(result.passAt1).toBe(result.tested === 2 ? 0.5 : 0);
    } finally {
      await server.close();
    }
  });

  it('is not there when nothing answers', async () => {
    expect(await findLiveModel(undefined, ['http://127.0.0.1:1'])).toBeUndefined();
  });

  it.each([
    ['passes with the true middle', js.middle, true],
    ['fails when an assertion does', ' < 0; i++) {', false],
    ['fails when it is no code', ' {{{', false],
    ['may not touch files', " < items.length; i++) { require('node:fs').writeFileSync('x', 'y');", false],
  ])('%s', async (_, filled, expected) => {
    expect(await passesTest(jsCase, filled)).toBe(expected);
  });

  it('is not tested where the language cannot be run', async () => {
    expect(await passesTest({ ...jsCase, language: 'cpp' }, '')).toBeUndefined();
    expect(await passesTest(js, '')).toBeUndefined();
  });

  it.each([
    ['abc', 'abc', 1],
    ['abc', 'abd', 2 / 3],
    ['', 'ab', 0],
    ['', '', 1],
  ])('%j and %j are alike to %d', (a, b, expected) => {
    expect(editSimilarity(a, b)).toBeCloseTo(expected);
  });
});

describe('the cases of bench completion', () => {
  let folder: string;
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['fim', '.'])('are read from the folder or its fim/ (%s)', (inner) => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-fim-'));
    mkdirSync(join(folder, inner), { recursive: true });
    writeFileSync(join(folder, inner, 'a.jsonl.gz'), gzipSync(`${JSON.stringify(python)}\n${JSON.stringify(js)}\n`));
    expect(readFimCases(folder).map(({ id }) => id)).toEqual(['py', 'js']);
  });

  it('are asked for where there are none', () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-fim-'));
    expect(() => readFimCases(folder)).toThrow(/--data DIR/u);
    expect(() => readFimCases(undefined)).toThrow(/--data DIR/u);
  });
});
