// Abort and deadlines. An aborted call rejects with the signal's reason, which `isAbort` recognises.
import { RouterError } from './errors';

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'APIUserAbortError');
}

/** The `AbortError` of a signal that is already aborted, whatever reason it was given. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return isAbort(reason) ? (reason as Error) : new DOMException('The request was cancelled.', 'AbortError');
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/**
 * Runs `work` with a signal that aborts when `parent` does or after `deadlineMs`.
 * Rejects with an AbortError when the parent aborted, with RouterError `timeout` when time ran out,
 * at once in both cases, even when `work` ignores its signal.
 */
export async function withDeadline<T>(
  deadlineMs: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(parent);
  const controller = new AbortController();
  let onParent: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    onParent = () => {
      controller.abort(abortError(parent));
      reject(abortError(parent));
    };
    parent.addEventListener('abort', onParent, { once: true });
    timer = setTimeout(() => {
      const late = new RouterError('timeout', `No answer within ${String(deadlineMs)} ms.`);
      controller.abort(late);
      reject(late);
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(controller.signal), interrupted]);
  } finally {
    clearTimeout(timer);
    if (onParent) parent.removeEventListener('abort', onParent);
  }
}

/** Resolves after `ms`, or rejects at once with an AbortError. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(abortError(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
