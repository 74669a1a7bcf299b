// Carries a decision out. Every model is announced before it is asked. Before the first token a failure moves
// on to the next model of the decision, announced too; after it the error is the caller's, never a second
// answer glued on. The executed model is compared with the announced one.
import { isAbort, throwIfAborted } from '../shared/abort';
import { messageOf, RouterError } from '../shared/errors';
import type { Log } from '../shared/log';
import type { Backend, ChatCall, ChatEvent } from './ports';
import type { Candidate, Decision, ProviderKind } from './types';

export type RunEvent =
  | ChatEvent
  | { readonly type: 'announce'; readonly model: string }
  | { readonly type: 'switched'; readonly from: string; readonly to: string; readonly error: RouterError }
  | { readonly type: 'mismatch'; readonly announced: string; readonly executed: string };

export interface Run {
  readonly decision: Decision;
  readonly candidates: readonly Candidate[];
  readonly backends: ReadonlyMap<ProviderKind, Backend>;
  readonly call: Omit<ChatCall, 'candidate'>;
  readonly log: Log;
}

/** Rejects with RouterError when no model of the decision answered, with an AbortError on abort. */
export async function* runDecision(run: Run, signal: AbortSignal): AsyncGenerator<RunEvent, void, undefined> {
  const order = modelsInOrder(run);
  for (const [index, candidate] of order.entries()) {
    throwIfAborted(signal);
    yield { type: 'announce', model: candidate.id };
    const attempt = { started: false };
    try {
      yield* askOne(run, { candidate, attempt }, signal);
      return;
    } catch (error) {
      const failure = asRouterError(error);
      const next = order[index + 1];
      if (isAbort(error) || attempt.started || !next) throw isAbort(error) ? error : failure;
      run.log.warn(`${run.decision.id}: ${candidate.id} failed (${failure.code}): ${failure.message}`);
      yield { type: 'switched', from: candidate.id, to: next.id, error: failure };
    }
  }
}

function modelsInOrder(run: Run): Candidate[] {
  const { model, fallbacks } = run.decision;
  const order = (model === undefined ? [] : [model, ...fallbacks]).flatMap((id) => {
    const candidate = run.candidates.find((known) => known.id === id);
    return candidate ? [candidate] : [];
  });
  if (order.length === 0) throw new RouterError('refused', 'No model may serve this request.');
  return order;
}

interface Attempt {
  readonly candidate: Candidate;
  /** True once something of the answer has been handed on. */
  readonly attempt: { started: boolean };
}

async function* askOne(run: Run, { candidate, attempt }: Attempt, signal: AbortSignal): AsyncGenerator<RunEvent> {
  const backend = run.backends.get(candidate.provider);
  if (!backend) throw new RouterError('unsupported', `Nothing here can reach "${candidate.provider}" models.`);
  for await (const event of backend.chat({ ...run.call, candidate }, signal)) {
    throwIfAborted(signal);
    if (event.type === 'text' || event.type === 'tool_call') attempt.started = true;
    if (event.type === 'executed' && !sameModel(candidate, event.model)) {
      run.log.warn(`${run.decision.id}: announced ${candidate.id} (${candidate.model}), executed ${event.model}`);
      yield { type: 'mismatch', announced: candidate.id, executed: event.model };
    }
    yield event;
  }
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

function asRouterError(error: unknown): RouterError {
  return RouterError.is(error) ? error : new RouterError('server', messageOf(error), { cause: error });
}
