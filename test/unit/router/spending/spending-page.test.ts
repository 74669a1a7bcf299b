import { describe, expect, it } from 'vitest';
import { explain, headline } from '../../../../src/router/explain';
import { toCsv } from '../../../../src/router/spending/ledger-csv';
import type { LedgerRow } from '../../../../src/router/spending/ledger';
import { createSpending } from '../../../../src/router/spending/spending';
import { spendingPage, spendingSummary, type Spent } from '../../../../src/router/spending/spending-page';
import { ledgerRow } from '../../../support/ledger';
import { decisionFor } from '../../../support/run';

const NOON = new Date(2026, 4, 5, 12, 0).getTime();
const row = (fields: Partial<LedgerRow>): LedgerRow => ledgerRow({ at: NOON, ...fields });

function spent(rows: readonly LedgerRow[], state: Spent['state'] = { caps: [], stops: [], level: 'ok' }): Spent {
  const book = createSpending();
  for (const one of rows) book.add(one);
  return { today: book.since(NOON), month: book.since(0), state, now: NOON };
}

describe('the page of spending', () => {
  it('has a row for each model, dearest first, and their sum', () => {
    const page = spendingPage(spent([row({ model: 'cheap', costUsd: 0.004 }), row({ model: 'dear|one', costUsd: 2, inputTokens: 120_000, cachedInputTokens: 100_000 })]));
    const lines = page.split('\n').filter((line) => line.startsWith('| '));
    expect(lines.slice(2, 5)).toEqual([
      '| dear\\|one | USD 2.00 | 1 | 120k | 100k | 50 | 100 % |',
      '| cheap | USD 0.0040 | 1 | 100 | 0 | 50 | 100 % |',
      '| **All** | USD 2.00 | 2 | 120k | 100k | 100 | 100 % |',
    ]);
  });

  it.each([
    ['free models', [row({ billable: false, costUsd: 0 })], /\| team \| free \|/u],
    ['models without a known price', [row({ costUsd: undefined })], /price not known[\s\S]*The cost of 1 request is not known/u],
    ['prices known in part', [row({ costUsd: 1 }), row({ costUsd: undefined })], /USD 1\.00 and more/u],
    ['estimated tokens', [row({ measured: false })], /0 % \|[\s\S]*they are estimated/u],
    ['nothing at all', [], /Nothing was asked today\.[\s\S]*Nothing was asked this month\./u],
    ['no budget', [], /No budget is set/u],
  ])('says what is known of %s', (_, rows, says) => {
    expect(spendingPage(spent(rows))).toMatch(says);
  });

  it('shows how far budgets are used', () => {
    const cap = { period: 'day', unit: 'usd', used: 4, cap: 4, resetsAt: new Date(2026, 4, 6).getTime() } as const;
    const state = { caps: [cap], stops: [cap], level: 'stop' } as const;
    expect(spendingPage(spent([], state))).toContain('- The day: USD 4.00 of USD 4.00 (100 %), resets at 2026-05-06 00:00. **Used up.**');
    expect(spendingSummary(spent([row({ costUsd: 4 })], state))).toMatch(/\*\*Today\*\* USD 4\.00 · 1 request · 100 tokens in, 50 out · 100 % counted by servers[\s\S]*- team: USD 4\.00, 1 request[\s\S]*Used up/u);
  });
});

describe('the ledger as CSV', () => {
  it('has a line for each request, conversations numbered and nothing that a spreadsheet would run', () => {
    const csv = toCsv([
      row({ conversation: 'abcdef', model: '=cmd()', costUsd: undefined }),
      row({ conversation: 'abcdef', model: 'a "quoted", name', outcome: 'failed', code: 'cut', executed: 'other' }),
    ]);
    const lines = csv.split('\r\n');
    expect(lines[0]).toMatch(/^time,decision,.*total ms$/u);
    expect(lines[1]).toContain(`,'=cmd(),'=cmd(),openai,models.example.com,1,ok,,100,,50,measured,,120,900`);
    expect(lines[2]).toContain(',"a ""quoted"", name",other,openai,models.example.com,1,failed,cut,');
    expect(csv).not.toContain('abcdef');
    expect(lines).toHaveLength(4);
  });
});

describe('what a decision led to', () => {
  const decision = { ...decisionFor(['team', 'laptop']), at: NOON };

  it('is told request by request', () => {
    const page = explain(decision, [], [
      row({ outcome: 'failed', code: 'rate_limited', firstTokenMs: undefined, inputTokens: 0, outputTokens: 0, totalMs: 80 }),
      row({ model: 'laptop', endpoint: '127.0.0.1:8080', executed: 'cheaper', billable: false, costUsd: 0, measured: false, totalMs: 2400 }),
      row({ outcome: 'cancelled', cachedInputTokens: 60 }),
    ]);
    expect(page).toContain('- 12:00 team at models.example.com: takes no more requests for now after 80 ms');
    expect(page).toContain('- 12:00 laptop at 127.0.0.1:8080: answered in 2.4 s, first word after 120 ms, the server says that cheaper ran, about 100 tokens in, 50 out');
    expect(page).toContain('stopped after 900 ms, first word after 120 ms, 100 tokens in (60 from the cache), 50 out, USD 0.01');
  });

  it('stays readable after many steps of an agent', () => {
    expect(explain(decision, [], Array.from({ length: 40 }, () => row({})))).toContain('- 28 earlier requests');
  });

  it.each([
    [{ kind: 'resting', model: 'big', untilMs: new Date(2026, 4, 5, 14, 5).getTime(), code: 'quota' }, 'big rests until 14:05 (quota)'],
    [{ kind: 'budget', cap: { period: 'day', unit: 'usd', used: 5, cap: 5, resetsAt: undefined } }, 'the day’s budget of USD 5.00 is used up (USD 5.00)'],
  ] as const)('%j stands in the head of the answer and among the reasons', (reason, words) => {
    const told = { ...decision, reasons: [{ kind: 'any_model' }, reason] } as const;
    expect(headline(told, [])).toContain(words);
    expect(explain(told, [])).toContain(words);
  });
});
