import { describe, expect, it } from 'vitest';
import { budgetState, capAdvice, capText, hasCaps } from '../../../../src/router/spending/budget';
import { costUsd, mayCost } from '../../../../src/router/spending/cost';
import { hostOf, type LedgerRow } from '../../../../src/router/spending/ledger';
import { createSpending, startOfDay, startOfMonth, startOfNextDay, startOfNextMonth, total } from '../../../../src/router/spending/spending';
import type { Budgets, Cap } from '../../../../src/settings/settings';
import { ledgerRow } from '../../../support/ledger';

const NOON = new Date(2026, 4, 5, 12, 0).getTime();
const YESTERDAY = new Date(2026, 4, 4, 23, 59).getTime();
const LAST_MONTH = new Date(2026, 3, 30, 12, 0).getTime();
const NO_CAP: Cap = { usd: 0, requests: 0 };
const row = (fields: Partial<LedgerRow>): LedgerRow => ledgerRow({ at: NOON, ...fields });
const budgets = (fields: Partial<Budgets>): Budgets => ({ day: NO_CAP, month: NO_CAP, conversation: NO_CAP, warnAt: 0.8, atLimit: 'stop', ...fields });

function spending(...rows: LedgerRow[]) {
  const book = createSpending();
  for (const one of rows) book.add(one);
  return book;
}

const state = (wanted: Budgets, rows: LedgerRow[], conversation?: string) =>
  budgetState({ budgets: wanted, spending: spending(...rows), conversation, now: NOON });

describe('the cost of a request', () => {
  const price = { input: 3, output: 15, cachedInput: 0.3 };
  it.each([
    ['input and output', { price, locality: 'hosted' }, { inputTokens: 1_000_000, outputTokens: 100_000 }, 4.5],
    ['cached input at its own price', { price, locality: 'hosted' }, { inputTokens: 1_000_000, outputTokens: 0, cachedInputTokens: 900_000 }, 0.57],
    ['cached input at the full price where no other is known', { price: { input: 3, output: 15 }, locality: 'hosted' }, { inputTokens: 1_000_000, outputTokens: 0, cachedInputTokens: 900_000 }, 3],
    ['input written to the cache at its own price', { price: { input: 3, output: 15, cacheWrite: 3.75 }, locality: 'hosted' }, { inputTokens: 1_000_000, outputTokens: 0, cacheWriteTokens: 800_000 }, 3.6],
    ['an unknown price: not known, not zero', { locality: 'hosted' }, { inputTokens: 5, outputTokens: 5 }, undefined],
    ['this machine', { locality: 'local' }, { inputTokens: 5, outputTokens: 5 }, 0],
    ['a paid service behind a gateway of this machine', { price, locality: 'local' }, { inputTokens: 1_000_000, outputTokens: 0 }, 3],
  ] as const)('%s', (_, candidate, usage, usd) => {
    const cost = costUsd(candidate, usage);
    if (usd === undefined) expect(cost).toBeUndefined();
    else expect(cost).toBeCloseTo(usd, 9);
  });

  it.each([
    [{ price, locality: 'hosted' }, true],
    [{ locality: 'hosted' }, true],
    [{ price: { input: 0, output: 0 }, locality: 'hosted' }, false],
    [{ locality: 'local' }, false],
    [{ price, locality: 'local' }, true],
  ] as const)('%j may cost money: %s', (candidate, may) => {
    expect(mayCost(candidate)).toBe(may);
  });
});

describe('what was spent', () => {
  it('is summed by day, month, model and conversation', () => {
    const book = spending(
      row({ model: 'a', costUsd: 1, conversation: 'c1' }),
      row({ model: 'a', costUsd: 2, measured: false }),
      row({ model: 'b', costUsd: undefined, conversation: 'c1' }),
      row({ model: 'a', costUsd: 4, at: YESTERDAY }),
      row({ model: 'a', costUsd: 8, at: LAST_MONTH }),
    );
    const today = book.since(startOfDay(NOON));
    expect(today.get('a')).toMatchObject({ usd: 3, requests: 2, billable: 2, unpriced: 0, measured: 1 });
    expect(today.get('b')).toMatchObject({ usd: 0, requests: 1, unpriced: 1 });
    expect(total(book.since(startOfMonth(NOON))).usd).toBe(7);
    expect(book.conversation('c1')).toMatchObject({ usd: 1, requests: 2, unpriced: 1 });
    expect(book.conversation('unknown').requests).toBe(0);
  });

  it('counts a request that was stopped, not one that no server took', () => {
    const book = spending(
      row({ outcome: 'cancelled', firstTokenMs: undefined, costUsd: 0.5 }),
      row({ outcome: 'failed', code: 'cut', costUsd: 0.25 }),
      row({ outcome: 'failed', code: 'rate_limited', firstTokenMs: undefined, costUsd: 0 }),
    );
    expect(total(book.since(NOON))).toMatchObject({ requests: 2, usd: 0.75 });
  });

  it('forgets days that no budget asks for', () => {
    const book = createSpending();
    for (let day = 0; day < 100; day += 1) book.add(row({ at: new Date(2026, 0, 1 + day).getTime(), costUsd: 1 }));
    expect(total(book.since(0)).usd).toBe(62);
  });
});

describe('budgets', () => {
  const spent = [row({ costUsd: 4, conversation: 'c1' }), row({ costUsd: undefined }), row({ billable: false, costUsd: 0 }), row({ costUsd: 3, at: YESTERDAY })];

  it.each<[string, Partial<Budgets>, 'ok' | 'warn' | 'stop', string[]]>([
    ['no cap', {}, 'ok', []],
    ['far from it', { day: { usd: 10, requests: 0 } }, 'ok', []],
    ['near it', { day: { usd: 5, requests: 0 } }, 'warn', []],
    ['a warning level of the user', { day: { usd: 10, requests: 0 }, warnAt: 0.4 }, 'warn', []],
    ['a day used up', { day: { usd: 4, requests: 0 } }, 'stop', ['day usd']],
    ['a month used up', { month: { usd: 7, requests: 0 } }, 'stop', ['month usd']],
    ['a conversation used up', { conversation: { usd: 3, requests: 0 } }, 'stop', ['conversation usd']],
    ['requests used up, those with unknown price counted and free ones not', { day: { usd: 0, requests: 2 } }, 'stop', ['day requests']],
    ['requests left', { day: { usd: 0, requests: 3 } }, 'ok', []],
    ['used up, and only a warning wanted', { day: { usd: 4, requests: 0 }, atLimit: 'warn' }, 'warn', []],
    ['two used up', { day: { usd: 1, requests: 0 }, month: { usd: 0, requests: 3 } }, 'stop', ['day usd', 'month requests']],
  ])('%s', (_, wanted, level, stops) => {
    const found = state(budgets(wanted), spent, 'c1');
    expect(found.level).toBe(level);
    expect(found.stops.map(({ period, unit }) => `${period} ${unit}`)).toEqual(stops);
  });

  it('of a conversation say nothing of another one', () => {
    expect(state(budgets({ conversation: { usd: 3, requests: 0 } }), spent, 'c2').level).toBe('ok');
    expect(state(budgets({ conversation: { usd: 3, requests: 0 } }), spent).caps).toEqual([]);
  });

  it('say what is used up, when it resets and what to do', () => {
    const [cap] = state(budgets({ day: { usd: 4, requests: 0 } }), spent).stops;
    expect(capText(cap!)).toBe('the day’s budget of USD 4.00 is used up (USD 4.00)');
    expect(capAdvice(cap!, NOON)).toBe('it resets at 2026-05-06 00:00; raise "fairlead.budgets.usdPerDay" to go on now; models on this machine are not stopped');
    const [chat] = state(budgets({ conversation: { usd: 0, requests: 1 } }), spent, 'c1').stops;
    expect(capText(chat!)).toBe('this conversation’s budget of 1 request is used up (1 request)');
    expect(capAdvice(chat!, NOON)).toContain('fairlead.budgets.requestsPerConversation');
  });

  it.each([
    [{}, false],
    [{ month: { usd: 1, requests: 0 } }, true],
    [{ conversation: { usd: 0, requests: 1 } }, true],
  ])('%j: a cap is set: %s', (wanted, set) => {
    expect(hasCaps(budgets(wanted))).toBe(set);
  });
});

describe('days and months', () => {
  it('are those of the clock on the wall, whatever its changes', () => {
    const march = new Date(2026, 2, 29, 12).getTime();
    expect(new Date(startOfNextDay(march)).getHours()).toBe(0);
    expect(new Date(startOfNextDay(march)).getDate()).toBe(30);
    expect(new Date(startOfNextMonth(new Date(2026, 11, 31, 23).getTime()))).toEqual(new Date(2027, 0, 1));
  });
});

describe('the host of an endpoint', () => {
  it.each([
    ['https://models.example.com/v1', 'models.example.com'],
    ['http://127.0.0.1:8080/v1', '127.0.0.1:8080'],
    ['https://user:secret@host.example/v1', 'host.example'],
    ['copilot', 'copilot'],
  ])('%s is %s', (endpoint, host) => {
    expect(hostOf(endpoint)).toBe(host);
  });
});
