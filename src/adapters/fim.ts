// Filling in the middle where servers differ in how they want to be asked: tries the ways in order and remembers,
// per endpoint and model, the one that was not refused. Only a way that is known to work is asked for more than text:
// so a refusal of that is never taken for one of the way itself.
import type { FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { RouterError } from '../shared/errors';
import { hostOf } from './locality';

/** One way to ask. Throws before its first text when the server refuses to be asked so. */
export interface FimTransport {
  readonly name: string;
  /** `telling`: also asks for what `call.note` is told, which some servers refuse. */
  ask(call: FimCall, telling: boolean, signal: AbortSignal): AsyncIterable<string>;
}

export interface FimMemory {
  readonly known: Map<string, readonly FimTransport[]>;
  /** Those that refuse to tell more than text. */
  readonly silent: Set<string>;
}

export interface FillIn {
  readonly call: FimCall;
  readonly memory: FimMemory;
  /** The ways that may work, likeliest first. */
  readonly transports: () => Promise<readonly FimTransport[]>;
}

interface Try {
  readonly transport: FimTransport;
  readonly telling: boolean;
}

export function createFimMemory(): FimMemory {
  return { known: new Map(), silent: new Set() };
}

export async function* fillIn({ call, memory, transports }: FillIn, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const key = `${call.candidate.endpoint} ${call.candidate.model}`;
  const known = memory.known.get(key);
  const tries = triesOf(known ?? (await transports()), known !== undefined && !memory.silent.has(key));
  let refused: unknown;
  let mayWorkLater = false;
  for (const [index, one] of tries.entries()) {
    const state = { started: false };
    const works = (): void => {
      if (state.started) return;
      state.started = true;
      memory.known.set(key, [one.transport]);
      if (tries[index - 1]?.transport === one.transport) memory.silent.add(key);
    };
    try {
      for await (const text of one.transport.ask(call, one.telling, signal)) {
        // A reader who has enough leaves with the first lines.
        works();
        yield text;
      }
      works();
      return;
    } catch (error) {
      if (state.started || !isRefusal(error)) throw error;
      refused = error;
      mayWorkLater ||= RouterError.is(error, 'server');
    }
  }
  throw afterAll({ call, memory, key }, refused, mayWorkLater);
}

function triesOf(transports: readonly FimTransport[], telling: boolean): Try[] {
  return transports.flatMap((transport) => [...(telling ? [{ transport, telling }] : []), { transport, telling: false }]);
}

/** llama-server answers 500 to a parameter it does not know; a server in trouble answers 502, 503 or 504. */
function isRefusal(error: unknown): boolean {
  if (RouterError.is(error, 'server')) return error.status === 500;
  return RouterError.is(error, 'bad_request') || RouterError.is(error, 'not_found') || RouterError.is(error, 'unsupported');
}

/** A way that worked before and is refused now was asked something else than usual, or another model listens there. */
function afterAll({ call, memory, key }: Pick<FillIn, 'call' | 'memory'> & { readonly key: string }, refused: unknown, mayWorkLater: boolean): unknown {
  const worked = (memory.known.get(key)?.length ?? 0) > 0;
  if (worked) {
    if (!RouterError.is(refused, 'bad_request')) memory.known.delete(key);
    return refused;
  }
  if (!mayWorkLater) memory.known.set(key, []);
  return unsupported(call.candidate);
}

function unsupported({ endpoint, model }: Candidate): RouterError {
  return new RouterError('unsupported', `${hostOf(endpoint)} cannot fill in the middle with ${model}.`);
}
