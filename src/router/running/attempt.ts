// One request to one endpoint: opened until its first word, read to its end, and written down whatever becomes of it.
import { abortError, isAbort, throwIfAborted, withDeadline } from '../../shared/abort';
import type { RouterError } from '../../shared/errors';
import { costUsd, mayCost } from '../spending/cost';
import { asRouterError } from './health';
import { hostOf, wasTurnedAway, type LedgerRow, type LedgerSink, type Outcome } from '../spending/ledger';
import type { Backend, ChatCall, ChatEvent, Clock, Usage } from '../ports';
import { countTokens, estimateTokens } from '../tokens';
import type { Candidate, Decision } from '../types';

export interface AttemptInput {
  readonly decision: Decision;
  /** With the endpoint to be asked. */
  readonly candidate: Candidate;
  readonly backend: Backend;
  readonly call: ChatCall;
  readonly conversation: string | undefined;
  readonly clock: Clock;
  readonly record: LedgerSink;
  /** Most milliseconds until the first word. */
  readonly firstWordMs: number;
}

/** An answer that has begun: what came up to its first word is kept and comes first. */
export interface Begun {
  /** Rejects with RouterError or AbortError; nothing of it may be asked again. */
  readonly rest: () => AsyncGenerator<ChatEvent, void, undefined>;
}

/** Resolves with the first word, tool call or end of an answer; rejects before anything of it could be shown. */
export async function begin(input: AttemptInput, signal: AbortSignal): Promise<Begun> {
  throwIfAborted(signal);
  const controller = new AbortController();
  const meter = createMeter(input);
  const source = input.backend.chat(input.call, AbortSignal.any([signal, controller.signal]))[Symbol.asyncIterator]();
  const held: ChatEvent[] = [];
  const untilFirstWord = async (): Promise<void> => {
    for (;;) {
      const next = await source.next();
      if (next.done === true) return;
      held.push(next.value);
      meter.see(next.value);
      if (isAnswer(next.value)) return;
    }
  };
  try {
    await withDeadline(input.firstWordMs, signal, untilFirstWord);
  } catch (error) {
    controller.abort();
    throw meter.failed(signal.aborted ? abortError(signal) : error);
  }
  return { rest: () => readOn({ source, held, meter, controller }, signal) };
}

interface Reading {
  readonly source: AsyncIterator<ChatEvent>;
  readonly held: readonly ChatEvent[];
  readonly meter: Meter;
  readonly controller: AbortController;
}

async function* readOn({ source, held, meter, controller }: Reading, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
  let ended = false;
  try {
    for (const event of held) {
      throwIfAborted(signal);
      yield event;
    }
    for (;;) {
      const next = await source.next();
      throwIfAborted(signal);
      if (next.done === true) break;
      meter.see(next.value);
      yield next.value;
    }
    ended = true;
    meter.end('ok');
  } catch (error) {
    ended = true;
    throw meter.failed(error);
  } finally {
    // Nobody reads on: that is a cancellation too, and closes the connection.
    if (!ended) meter.end('cancelled');
    controller.abort();
  }
}

/** Whether something of the answer itself has arrived; what the server says about it does not count. */
function isAnswer({ type }: ChatEvent): boolean {
  return type !== 'executed' && type !== 'usage' && type !== 'outgoing';
}

interface Meter {
  see(event: ChatEvent): void;
  end(outcome: Outcome, error?: RouterError): void;
  /** Writes the row and gives back the error to throw. */
  failed(error: unknown): Error;
}

function createMeter(input: AttemptInput): Meter {
  const { clock } = input;
  const at = clock.now();
  const seen: Seen = { text: 0, usage: undefined, executed: undefined, firstTokenMs: undefined };
  const end: Meter['end'] = (outcome, error) => {
    const tokens = tokensOf(input.call, seen, { outcome, error });
    input.record({ ...rowOf(input, seen), ...tokens, at, totalMs: clock.now() - at, outcome, code: error?.code });
  };
  return {
    see: (event) => {
      if (isAnswer(event)) seen.firstTokenMs ??= clock.now() - at;
      look(event, seen, input.candidate);
    },
    end,
    failed: (error) => {
      if (isAbort(error)) {
        end('cancelled');
        return error as Error;
      }
      const failure = asRouterError(error);
      end('failed', failure);
      return failure;
    },
  };
}

interface Seen {
  /** Estimated tokens of what was answered. */
  text: number;
  usage: Usage | undefined;
  executed: string | undefined;
  firstTokenMs: number | undefined;
}

function look(event: ChatEvent, seen: Seen, candidate: Candidate): void {
  if ('text' in event) seen.text += estimateTokens(event.text);
  if (event.type === 'tool_call') seen.text += estimateTokens(event.name + JSON.stringify(event.input ?? {}));
  if (event.type === 'usage') seen.usage = event.usage;
  if (event.type === 'executed' && !sameModel(candidate, event.model)) seen.executed = event.model;
}

function rowOf({ decision, candidate, conversation }: AttemptInput, { executed, firstTokenMs }: Seen) {
  return {
    decisionId: decision.id,
    surface: decision.surface,
    route: decision.route,
    model: candidate.id,
    provider: candidate.provider,
    endpoint: hostOf(candidate.endpoint),
    conversation,
    billable: mayCost(candidate),
    firstTokenMs,
    executed,
  };
}

type Tokens = Pick<LedgerRow, 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'costUsd' | 'measured'>;

interface End {
  readonly outcome: Outcome;
  readonly error: RouterError | undefined;
}

/** As the server counted them; otherwise estimated. A request that was turned away took nothing. */
function tokensOf(call: ChatCall, { usage, text, firstTokenMs }: Seen, { outcome, error }: End): Tokens {
  const { candidate } = call;
  if (usage && outcome === 'ok') return { ...asCounted(usage), costUsd: costUsd(candidate, usage), measured: usage.estimated !== true };
  // What some servers count at the beginning of an answer holds the prompt alone.
  const partly = usage && { ...usage, outputTokens: Math.max(usage.outputTokens, text) };
  const turnedAway = wasTurnedAway({ outcome, code: error?.code, answered: firstTokenMs !== undefined });
  const estimated = (): Usage => partly ?? { inputTokens: countTokens(call.messages, call.tools), outputTokens: text };
  const guess = turnedAway ? { inputTokens: 0, outputTokens: 0 } : estimated();
  return { ...asCounted(guess), costUsd: turnedAway ? 0 : costUsd(candidate, guess), measured: false };
}

function asCounted({ inputTokens, outputTokens, cachedInputTokens }: Usage): Pick<Tokens, 'inputTokens' | 'outputTokens' | 'cachedInputTokens'> {
  return { inputTokens, outputTokens, cachedInputTokens };
}

/**
 * Servers decorate names: `gpt-4o` answers as `gpt-4o-2024-08-06`, Ollama's `qwen` as `qwen:latest`, a path or a
 * vendor may stand before the name. Anything else is another model.
 */
export function sameModel(candidate: Pick<Candidate, 'model' | 'provider'>, executed: string): boolean {
  const plain = (name: string): string => {
    const base = name.toLowerCase().split(/[/\\]/u).at(-1) ?? '';
    return base.replace(/:latest$/u, '').replace(/\.gguf$/u, '');
  };
  const asked = plain(candidate.model);
  const ran = plain(executed);
  return ran === asked || (ran.startsWith(`${asked}-`) && /^[-\d]+$/u.test(ran.slice(asked.length)));
}
