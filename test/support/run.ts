// Carries a decision out against real servers, with all that watches over requests, and keeps what came of it.
import { createResilience, type ResilienceOptions } from '../../src/adapters/resilience';
import { createOpenAiBackend } from '../../src/adapters/openai';
import { runDecision, type Run, type RunEvent } from '../../src/router/running/execute';
import type { Resilience } from '../../src/router/running/health';
import type { LedgerRow } from '../../src/router/spending/ledger';
import type { Candidate, Decision } from '../../src/router/types';
import { candidate, recordingLog } from './adapters';

export interface Ran {
  readonly events: readonly RunEvent[];
  readonly text: string;
  readonly error: unknown;
  readonly rows: readonly LedgerRow[];
  readonly log: readonly string[];
}

export function decisionFor(models: readonly string[]): Decision {
  return {
    id: 'd1',
    at: 0,
    surface: 'chat',
    route: undefined,
    probability: undefined,
    confidence: 'none',
    runnerUp: undefined,
    routes: [],
    model: models[0],
    fallbacks: models.slice(1),
    reasons: [],
    refused: [],
    degraded: [],
    classifier: undefined,
    classifierMs: undefined,
    localOnly: false,
    notes: [],
  };
}

/** `endpoint` of a server, under the name of its model. */
export function at(endpoint: string, model: string, fields: Partial<Candidate> = {}): Candidate {
  return candidate({ id: model, endpoint, model, ...fields });
}

export function resilience(options: Partial<ResilienceOptions> = {}): Resilience {
  return createResilience({ log: recordingLog(), backoffMs: 10, ...options });
}

export type RunOptions = Partial<Omit<Run, 'candidates'>> & { readonly signal?: AbortSignal };

export async function ran(candidates: readonly Candidate[], { signal = new AbortController().signal, ...options }: RunOptions = {}): Promise<Ran> {
  const log = recordingLog();
  const rows: LedgerRow[] = [];
  const events: RunEvent[] = [];
  const run: Run = {
    decision: decisionFor(candidates.map(({ id }) => id)),
    candidates,
    backends: new Map([['openai', createOpenAiBackend({ key: async () => undefined, log })]]),
    call: { messages: [{ role: 'user', parts: [{ type: 'text', text: 'Why does this test fail?' }] }], tools: [], toolMode: 'auto', options: {} },
    log,
    clock: { now: Date.now },
    record: (row) => rows.push(row),
    ...options,
  };
  let error: unknown;
  try {
    for await (const event of runDecision(run, signal)) events.push(event);
  } catch (failure) {
    error = failure;
  }
  const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  return { events, text, error, rows, log: log.lines };
}
