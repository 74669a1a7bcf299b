// Ghost text asks one model once: what a model says is handed on, and the request is written down like any other.
import { isAbort, throwIfAborted } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import { costUsd, mayCost } from '../spending/cost';
import { asRouterError } from './health';
import { hostOf, wasTurnedAway, type LedgerSink, type Outcome } from '../spending/ledger';
import type { Backend, Clock, FimCall } from '../ports';
import { estimateTokens } from '../tokens';

export interface FillRun {
  readonly backend: Backend | undefined;
  readonly call: FimCall;
  readonly clock: Clock;
  readonly record: LedgerSink;
}

/** Yields text. Rejects with RouterError, or with an AbortError on abort. */
export async function* runFill({ backend, call, clock, record }: FillRun, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  if (!backend?.fim) throw new RouterError('unsupported', `${call.candidate.id} cannot fill in the middle.`);
  throwIfAborted(signal);
  const at = clock.now();
  let text = '';
  let firstTokenMs: number | undefined;
  // Whoever has read enough stops reading: what came is an answer.
  let end: End = { outcome: 'ok' };
  try {
    for await (const piece of backend.fim(call, signal)) {
      firstTokenMs ??= clock.now() - at;
      text += piece;
      yield piece;
    }
  } catch (error) {
    end = endOf(error);
    throw end.error ?? error;
  } finally {
    const outcome = end.outcome === 'ok' && signal.aborted ? 'cancelled' : end.outcome;
    record({ ...common(call), ...tokens(call, text, end), outcome, at, firstTokenMs, totalMs: clock.now() - at, code: end.error?.code });
  }
}

interface End {
  readonly outcome: Outcome;
  readonly error?: RouterError;
}

function endOf(error: unknown): End {
  return isAbort(error) ? { outcome: 'cancelled' } : { outcome: 'failed', error: asRouterError(error) };
}

function common({ candidate, decisionId = '' }: FimCall) {
  const { id: model, provider, endpoint } = candidate;
  const shared = { decisionId, surface: 'inline', route: undefined, conversation: undefined, executed: undefined } as const;
  return { ...shared, model, provider, endpoint: hostOf(endpoint), billable: mayCost(candidate) };
}

/** Servers do not count what they fill in, or count it too late for a stream that is cut off. */
function tokens({ candidate, prefix, suffix, extra = [] }: FimCall, text: string, { outcome, error }: End) {
  const turnedAway = wasTurnedAway({ outcome, code: error?.code, answered: text !== '' });
  const inputTokens = turnedAway ? 0 : estimateTokens([prefix, suffix, ...extra.map(({ text: other }) => other)].join('\n'));
  const outputTokens = estimateTokens(text);
  return { inputTokens, outputTokens, cachedInputTokens: undefined, costUsd: turnedAway ? 0 : costUsd(candidate, { inputTokens, outputTokens }), measured: false };
}
