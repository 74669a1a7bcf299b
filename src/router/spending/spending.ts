// What was spent, summed from the rows of the ledger: by day and model, and by conversation. State in a closure.
import type { LedgerRow } from './ledger';

export interface Sums {
  /** Requests that were answered at least in part. */
  readonly requests: number;
  /** Those of them that may have cost money. */
  readonly billable: number;
  /** Known costs. */
  readonly usd: number;
  /** Billable requests whose price is not known; `usd` is without them. */
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  /** Requests whose tokens the server counted. */
  readonly measured: number;
}

export const NOTHING: Sums = {
  requests: 0,
  billable: 0,
  usd: 0,
  unpriced: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  measured: 0,
};

export interface Spending {
  add(row: LedgerRow): void;
  /** Sums by model from a time on, which is taken as the day it lies in. */
  since(at: number): ReadonlyMap<string, Sums>;
  conversation(key: string): Sums;
}

const MOST_DAYS = 62;
const MOST_CONVERSATIONS = 1000;

export function createSpending(): Spending {
  const days = new Map<number, Map<string, Sums>>();
  const conversations = new Map<string, Sums>();
  return {
    add: (row) => {
      const sums = sumsOf(row);
      const day = startOfDay(row.at);
      const models = days.get(day) ?? new Map<string, Sums>();
      models.set(row.model, plus(models.get(row.model), sums));
      days.set(day, models);
      forget(days, MOST_DAYS);
      if (row.conversation === undefined) return;
      const before = conversations.get(row.conversation);
      conversations.delete(row.conversation);
      conversations.set(row.conversation, plus(before, sums));
      forget(conversations, MOST_CONVERSATIONS);
    },
    since: (at) => {
      const first = startOfDay(at);
      const found = new Map<string, Sums>();
      for (const [day, models] of days) {
        if (day < first) continue;
        for (const [model, sums] of models) found.set(model, plus(found.get(model), sums));
      }
      return found;
    },
    conversation: (key) => conversations.get(key) ?? NOTHING,
  };
}

function forget(known: Map<unknown, unknown>, most: number): void {
  const oldest = known.keys().next();
  if (known.size > most && oldest.done !== true) known.delete(oldest.value);
}

function sumsOf(row: LedgerRow): Sums {
  const { costUsd: usd = 0, cachedInputTokens = 0, inputTokens, outputTokens } = row;
  if (!counts(row)) return { ...NOTHING, usd };
  return {
    requests: 1,
    billable: Number(row.billable),
    usd,
    unpriced: Number(row.billable && row.costUsd === undefined),
    inputTokens,
    outputTokens,
    cachedInputTokens,
    measured: Number(row.measured),
  };
}

/** A request that no server answered is none. */
function counts({ outcome, firstTokenMs }: LedgerRow): boolean {
  return outcome !== 'failed' || firstTokenMs !== undefined;
}

function plus(a: Sums | undefined, b: Sums): Sums {
  if (!a) return b;
  return {
    requests: a.requests + b.requests,
    billable: a.billable + b.billable,
    usd: a.usd + b.usd,
    unpriced: a.unpriced + b.unpriced,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    measured: a.measured + b.measured,
  };
}

export function total(byModel: ReadonlyMap<string, Sums>): Sums {
  return [...byModel.values()].reduce(plus, NOTHING);
}

// Days and months are those of this machine's clock, daylight saving included.

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

export function startOfMonth(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime();
}

export function startOfNextDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

export function startOfNextMonth(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
}
