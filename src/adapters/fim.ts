// Filling in the middle where servers differ in how they want to be asked: tries the ways in order and remembers,
// per endpoint and model, the one that was not refused.
import type { FimCall } from '../router/ports';
import type { Candidate } from '../router/types';
import { RouterError } from '../shared/errors';
import { hostOf } from './locality';

/** One way to ask. Throws before its first text when the server refuses to be asked so. */
export interface FimTransport {
  readonly name: string;
  ask(call: FimCall, signal: AbortSignal): AsyncIterable<string>;
}

export interface FimMemory {
  readonly known: Map<string, readonly FimTransport[]>;
}

export interface FillIn {
  readonly call: FimCall;
  readonly memory: FimMemory;
  /** The ways that may work, likeliest first. */
  readonly transports: () => Promise<readonly FimTransport[]>;
}

export function createFimMemory(): FimMemory {
  return { known: new Map() };
}

export async function* fillIn({ call, memory, transports }: FillIn, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const key = `${call.candidate.endpoint} ${call.candidate.model}`;
  const order = memory.known.get(key) ?? (await transports());
  let mayWorkLater = false;
  for (const transport of order) {
    let started = false;
    try {
      for await (const text of transport.ask(call, signal)) {
        started = true;
        yield text;
      }
      memory.known.set(key, [transport]);
      return;
    } catch (error) {
      if (started || !isRefusal(error)) throw error;
      mayWorkLater ||= RouterError.is(error, 'server');
    }
  }
  if (!mayWorkLater) memory.known.set(key, []);
  throw unsupported(call.candidate);
}

/** llama-server answers 500 to a parameter it does not know; a server in trouble answers 502, 503 or 504. */
function isRefusal(error: unknown): boolean {
  if (RouterError.is(error, 'server')) return error.status === 500;
  return RouterError.is(error, 'bad_request') || RouterError.is(error, 'not_found') || RouterError.is(error, 'unsupported');
}

function unsupported({ endpoint, model }: Candidate): RouterError {
  return new RouterError('unsupported', `${hostOf(endpoint)} cannot fill in the middle with ${model}.`);
}
