// A clock that goes only when it is told to: what waits in it takes no real time, and runs in the order of its hours.
import { abortError } from '../../shared/abort';

export interface VirtualClock {
  readonly now: () => number;
  /** Rejects with an AbortError as soon as the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Lets everything happen that is due until then. */
  readonly runUntil: (ms: number) => Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

export function createVirtualClock(): VirtualClock {
  let now = 0;
  let timers: Timer[] = [];
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer: Timer = { at: now + ms, fire: resolve };
        const stop = (): void => {
          timers = timers.filter((one) => one !== timer);
          reject(signal ? abortError(signal) : new Error('no signal'));
        };
        if (signal?.aborted === true) stop();
        else timers.push(timer);
        signal?.addEventListener('abort', stop, { once: true });
      }),
    runUntil: async (ms) => {
      await settled();
      for (;;) {
        const next = timers.reduce<Timer | undefined>((best, timer) => (timer.at <= ms && (!best || timer.at < best.at) ? timer : best), undefined);
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.fire();
        await settled();
      }
      now = Math.max(now, ms);
    },
  };
}

/** Everything that only waited for promises has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
