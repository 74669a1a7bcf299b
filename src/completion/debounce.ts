// One completion request at a time: a newer one ends the older at once, and waits until typing pauses.
import { sleep } from '../shared/abort';

export interface Turnstile {
  /**
   * Ends the request before, waits `waitMs`, then runs `work`. Rejects with an AbortError when superseded or when
   * `parent` aborts.
   */
  run<T>(waitMs: number, parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function createTurnstile(): Turnstile {
  let current: AbortController | undefined;
  return {
    async run(waitMs, parent, work) {
      current?.abort();
      const controller = new AbortController();
      current = controller;
      const signal = AbortSignal.any([parent, controller.signal]);
      try {
        await sleep(waitMs, signal);
        return await work(signal);
      } finally {
        if (current === controller) current = undefined;
      }
    },
  };
}
