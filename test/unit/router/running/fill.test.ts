import { describe, expect, it } from 'vitest';
import { runFill } from '../../../../src/router/running/fill';
import type { LedgerRow } from '../../../../src/router/spending/ledger';
import type { Backend } from '../../../../src/router/ports';
import { RouterError } from '../../../../src/shared/errors';
import { candidate } from '../../../support/adapters';

const MODEL = candidate({ id: 'm', endpoint: 'https://models.example.com/v1', model: 'm', locality: 'hosted', price: { input: 1, output: 2 } });

interface Filled {
  readonly text: string;
  readonly error: unknown;
  readonly rows: readonly LedgerRow[];
}

async function fill(pieces: readonly (string | Error)[], { stopAfter = Infinity, fim = true } = {}): Promise<Filled> {
  const rows: LedgerRow[] = [];
  let now = 0;
  async function* speak(): AsyncGenerator<string> {
    for (const piece of pieces) {
      now += 10;
      await Promise.resolve();
      if (piece instanceof Error) throw piece;
      yield piece;
    }
  }
  const backend: Backend = { provider: 'openai', chat: () => (async function* () {})(), ...(fim ? { fim: speak } : {}) };
  const call = { candidate: MODEL, decisionId: 'd1', prefix: 'def add(a, b):\n    return ', suffix: '\n', maxTokens: 8, stop: [] };
  let text = '';
  try {
    const run = { backend, call, clock: { now: () => now }, record: (row: LedgerRow) => rows.push(row) };
    let taken = 0;
    for await (const piece of runFill(run, new AbortController().signal)) {
      text += piece;
      taken += 1;
      if (taken >= stopAfter) break;
    }
    return { text, error: undefined, rows };
  } catch (error) {
    return { text, error, rows };
  }
}

describe('ghost text', () => {
  it('is written down with estimated tokens and their price', async () => {
    const { text, rows } = await fill(['a ', '+ b']);
    expect(text).toBe('a + b');
    expect(rows).toMatchObject([{ decisionId: 'd1', surface: 'inline', model: 'm', endpoint: 'models.example.com', outcome: 'ok', measured: false, firstTokenMs: 10, totalMs: 20, billable: true }]);
    expect(rows[0]!.costUsd).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain('def add');
  });

  it('that was long enough is an answer, not a cancellation', async () => {
    expect((await fill(['a ', '+ b', ' + c'], { stopAfter: 1 })).rows).toMatchObject([{ outcome: 'ok' }]);
  });

  it.each([
    ['a refused request: nothing is paid', [new RouterError('rate_limited', 'x')], { outcome: 'failed', code: 'rate_limited', costUsd: 0 }],
    ['an answer that breaks off', ['a ', new RouterError('cut', 'x')], { outcome: 'failed', code: 'cut' }],
    ['an error of a library', [new Error('x')], { outcome: 'failed', code: 'server' }],
    ['a cancelled one', [new DOMException('x', 'AbortError')], { outcome: 'cancelled' }],
  ])('%s', async (_, pieces, row) => {
    const { rows, error } = await fill(pieces);
    expect(error).toBeInstanceOf(Error);
    expect(rows).toMatchObject([row]);
  });

  it('of a model that cannot fill in is refused', async () => {
    expect(await fill([], { fim: false })).toMatchObject({ error: { code: 'unsupported' }, rows: [] });
  });
});
