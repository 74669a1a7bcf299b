// Rows of the ledger for tests.
import type { LedgerRow } from '../../src/router/spending/ledger';

export function ledgerRow(fields: Partial<LedgerRow> = {}): LedgerRow {
  return {
    at: 0,
    decisionId: 'd1',
    surface: 'chat',
    route: 'bug_fixing',
    model: 'team',
    provider: 'openai',
    endpoint: 'models.example.com',
    conversation: undefined,
    inputTokens: 100,
    outputTokens: 50,
    cachedInputTokens: undefined,
    costUsd: 0.01,
    billable: true,
    firstTokenMs: 120,
    totalMs: 900,
    measured: true,
    outcome: 'ok',
    code: undefined,
    executed: undefined,
    ...fields,
  };
}
