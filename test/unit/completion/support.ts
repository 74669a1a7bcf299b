// What tests of the pipeline share: requests written with a `|` at the cursor, and a model whose words come by a clock.
import { createVirtualClock, type VirtualClock } from '../../../src/cli/bench/virtual-clock';
import { createCompleter, type Completer, type CompleterPorts } from '../../../src/completion/completer';
import type { CompletionRequest } from '../../../src/completion/request';
import type { FimCall } from '../../../src/router/ports';
import { candidate } from '../../support/adapters';

export function request(text: string, fields: Partial<CompletionRequest> = {}): CompletionRequest {
  const cursor = text.indexOf('|');
  const before = text.slice(0, cursor);
  return {
    document: 'file:///a.ts',
    path: 'a.ts',
    language: 'typescript',
    before,
    after: text.slice(cursor + 1),
    offset: before.length,
    whole: true,
    manual: false,
    ...fields,
  };
}

export interface FakeModel {
  readonly calls: { readonly call: FimCall; readonly at: number; aborted: boolean }[];
  readonly clock: VirtualClock;
  readonly completer: Completer;
}

/** `pieces`: what the model writes for a prefix, one piece every `pieceMs`. */
export function fakeModel(pieces: (call: FimCall) => readonly string[], ports: Partial<CompleterPorts> = {}, pieceMs = 20): FakeModel {
  const clock = createVirtualClock();
  const calls: FakeModel['calls'] = [];
  let ids = 0;
  const completer = createCompleter({
    now: clock.now,
    sleep: clock.sleep,
    newId: () => `s${String((ids += 1))}`,
    context: async () => [],
    route: async () => ({ decisionId: 'd', models: [candidate({ id: 'local', endpoint: 'http://127.0.0.1', model: 'm' })] }),
    mostWaitMs: () => 150,
    maxTokens: () => 128,
    fill: async function* (call, signal) {
      const made = { call, at: clock.now(), aborted: false };
      calls.push(made);
      signal.addEventListener('abort', () => (made.aborted = true));
      for (const piece of pieces(call)) {
        await clock.sleep(pieceMs, signal);
        yield piece;
      }
    },
    ...ports,
  });
  return { calls, clock, completer };
}

export const never = new AbortController().signal;
