// Accuracy of predictions against labelled rows: turn, span, conversation, macro, `other`, latency.
import { OTHER } from '../router/types';
import { RouterError } from '../shared/errors';
import type { EvalRow, Prediction } from './rows';

/** Shares are 0..1; null where nothing could be counted. */
export interface Score {
  readonly rows: number;
  readonly turns: number;
  /** Share of labelled turns routed right. */
  readonly turn: number | null;
  /** A span is a maximal run of labelled turns with one gold route; right only if all of them are. */
  readonly span: number | null;
  readonly conversation: number | null;
  /** Mean over gold routes of their turn accuracy. */
  readonly macro: number | null;
  readonly otherRecall: number | null;
  /** Share of turns that have a route but were called `other`. */
  readonly falseOther: number | null;
  /** Expected calibration error over ten equal-width bins. */
  readonly ece: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

interface Judged {
  readonly gold: string;
  readonly predicted: Prediction;
  readonly right: boolean;
}

export function scorePredictions(rows: readonly EvalRow[], predictions: readonly Prediction[]): Score {
  const byTurn = new Map(predictions.map((one) => [`${one.id}\u0000${one.turn}`, one]));
  const conversations = rows.filter((row) => row.labels.length > 0).map((row) => judgeRow(row, byTurn));
  const turns = conversations.flat();
  const spans = conversations.flatMap(spansOf);
  const routed = turns.filter((turn) => turn.gold !== OTHER);
  return {
    rows: conversations.length,
    turns: turns.length,
    turn: share(turns, (turn) => turn.right),
    span: share(spans, (span) => span.every((turn) => turn.right)),
    conversation: share(conversations, (conversation) => conversation.every((turn) => turn.right)),
    macro: macro(turns),
    otherRecall: share(turns.filter((turn) => turn.gold === OTHER), (turn) => turn.right),
    falseOther: share(routed, (turn) => turn.predicted.route === OTHER),
    ece: calibrationError(turns),
    p50Ms: percentile(times(turns), 0.5),
    p95Ms: percentile(times(turns), 0.95),
  };
}

function judgeRow(row: EvalRow, byTurn: ReadonlyMap<string, Prediction>): Judged[] {
  return [...row.labels]
    .sort((a, b) => a.turn - b.turn)
    .map(({ turn, route }) => {
      const predicted = byTurn.get(`${row.id}\u0000${turn}`);
      if (!predicted) throw new RouterError('bad_file', `No prediction for ${row.id}, turn ${turn}.`);
      return { gold: route, predicted, right: predicted.route === route };
    });
}

function spansOf(turns: readonly Judged[]): Judged[][] {
  const spans: Judged[][] = [];
  for (const turn of turns) {
    const current = spans.at(-1);
    if (current?.[0]?.gold === turn.gold) current.push(turn);
    else spans.push([turn]);
  }
  return spans;
}

function macro(turns: readonly Judged[]): number | null {
  const byRoute = groupBy(turns, (turn) => turn.gold);
  const shares = [...byRoute.values()].map((group) => share(group, (turn) => turn.right) ?? 0);
  return mean(shares);
}

function calibrationError(turns: readonly Judged[]): number | null {
  const known = turns.filter((turn) => turn.predicted.confidence !== undefined);
  if (known.length === 0) return null;
  const confidence = (turn: Judged): number => turn.predicted.confidence ?? 0;
  const bins = groupBy(known, (turn) => Math.min(9, Math.floor(confidence(turn) * 10)));
  let error = 0;
  for (const bin of bins.values()) {
    const gap = (share(bin, (turn) => turn.right) ?? 0) - (mean(bin.map(confidence)) ?? 0);
    error += (bin.length / known.length) * Math.abs(gap);
  }
  return error;
}

const times = (turns: readonly Judged[]): number[] => turns.flatMap(({ predicted }) => predicted.ms ?? []);

/** Map.groupBy, which Node 20 lacks. */
function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function share<T>(items: readonly T[], test: (item: T) => boolean): number | null {
  return items.length === 0 ? null : items.filter(test).length / items.length;
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Nearest-rank percentile; `part` is 0..1. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}
