// VS Code's CancellationToken becomes an AbortSignal here and nowhere else.
import type { CancellationToken } from 'vscode';
import type { Ending } from './ending';

export interface Cancel extends Ending {
  readonly signal: AbortSignal;
}

export function signalOf(token: CancellationToken): Cancel {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const listening = token.onCancellationRequested(() => {
    controller.abort();
  });
  return {
    signal: controller.signal,
    dispose: () => {
      listening.dispose();
    },
  };
}

/** Runs `work` with the token's signal and lets go of the token afterwards. */
export async function withSignal<T>(token: CancellationToken, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const cancel = signalOf(token);
  try {
    return await work(cancel.signal);
  } finally {
    cancel.dispose();
  }
}
