import { describe, expect, it } from 'vitest';
import { scorePredictions } from '../../../src/cli/score';
import { shuffled } from '../../../src/cli/batch';
import type { EvalRow, Prediction } from '../../../src/cli/rows';

const row = (id: string, golds: string[]): EvalRow => ({
  id,
  messages: [{ role: 'user', content: 'x' }],
  labels: golds.map((route, turn) => ({ turn, route })),
  candidates: ['a', 'b', 'other'],
});
const predictions = (id: string, routes: string[], confidence = 1): Prediction[] =>
  routes.map((route, turn) => ({ id, turn, route, confidence, ms: turn + 1 }));

describe('scoring predictions', () => {
  it('counts turns, spans and conversations', () => {
    // Spans of the first row: a a | b | a. One wrong turn spoils its span and its conversation.
    const score = scorePredictions(
      [row('1', ['a', 'a', 'b', 'a']), row('2', ['b'])],
      [...predictions('1', ['a', 'b', 'b', 'a']), ...predictions('2', ['b'])],
    );
    expect(score).toMatchObject({ rows: 2, turns: 5, turn: 0.8, span: 0.75, conversation: 0.5 });
    expect(score.macro).toBeCloseTo((2 / 3 + 1) / 2, 10);
  });

  it('counts recall of other and routes wrongly called other', () => {
    const score = scorePredictions([row('1', ['other', 'other', 'a', 'a'])], predictions('1', ['other', 'a', 'other', 'a']));
    expect(score).toMatchObject({ otherRecall: 0.5, falseOther: 0.5 });
  });

  it('measures how far confidence is from being right', () => {
    const score = scorePredictions([row('1', ['a', 'a'])], predictions('1', ['a', 'b'], 0.75));
    expect(score.ece).toBeCloseTo(0.25, 10);
  });

  it('gives latency by nearest rank', () => {
    const score = scorePredictions([row('1', ['a', 'a', 'a'])], predictions('1', ['a', 'a', 'a']));
    expect(score).toMatchObject({ p50Ms: 2, p95Ms: 3 });
  });

  it('refuses predictions that miss a turn', () => {
    expect(() => scorePredictions([row('1', ['a', 'b'])], predictions('1', ['a']))).toThrow('No prediction for 1, turn 1');
  });

  it('shuffles the same way for the same seed and loses nothing', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(shuffled(items, 3)).toEqual(shuffled(items, 3));
    expect(shuffled(items, 3)).not.toEqual(shuffled(items, 4));
    expect([...shuffled(items, 3)].sort()).toEqual(items);
  });
});
