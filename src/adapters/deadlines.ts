// A stream from outside that cannot hang: it ends at a deadline, at an abort, or when nobody reads on, and in
// each case its connection is closed at once.
import type { Candidate } from '../router/types';
import { throwIfAborted, withDeadline } from '../shared/abort';

export interface Deadlines {
  /** Milliseconds until the first piece of the answer; by the kind of model when left out. */
  readonly firstTokenMs: number;
  /** Milliseconds between two pieces; by the kind of model when left out. */
  readonly idleMs: number;
}

export const DEFAULT_DEADLINES: Deadlines = { firstTokenMs: 60_000, idleMs: 120_000 };
/** A machine without a GPU reads a long prompt for minutes, and models that think may do so without a word. */
const PATIENT: Deadlines = { firstTokenMs: 300_000, idleMs: 300_000 };

export function deadlinesFor({ locality, capabilities }: Candidate, given: Partial<Deadlines> = {}): Deadlines {
  const usual = locality === 'local' || capabilities.includes('thinking') ? PATIENT : DEFAULT_DEADLINES;
  return { ...usual, ...given };
}

export interface Exchange<T> {
  /** Sends the request and yields what comes back. Its signal must close the connection. */
  readonly open: (signal: AbortSignal) => AsyncIterable<T>;
  readonly explain: (error: unknown) => Error;
  readonly deadlines: Deadlines;
}

export async function* readWithin<T>(exchange: Exchange<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  throwIfAborted(signal);
  const controller = new AbortController();
  const source = exchange.open(AbortSignal.any([signal, controller.signal]))[Symbol.asyncIterator]();
  let limitMs = exchange.deadlines.firstTokenMs;
  let ended = false;
  try {
    for (;;) {
      const next = await withDeadline(limitMs, signal, () => source.next());
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
      limitMs = exchange.deadlines.idleMs;
    }
  } catch (error) {
    throw exchange.explain(error);
  } finally {
    if (!ended) controller.abort();
  }
}
