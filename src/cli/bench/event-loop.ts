// How long the event loop of this process was held up while something ran.
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopWatch {
  during<T>(work: () => Promise<T>): Promise<T>;
  /** The longest delay of each piece of work, in milliseconds. */
  readonly longestMs: readonly number[];
}

/** The histogram counts from one tick of its own timer to the next, so an idle loop shows the timer's period. */
const PERIOD_MS = 2;

export function watchEventLoop(): LoopWatch {
  const longestMs: number[] = [];
  return {
    longestMs,
    during: async (work) => {
      // One for each piece of work: a histogram that was off for a while counts that while as a delay.
      const histogram = monitorEventLoopDelay({ resolution: PERIOD_MS });
      histogram.enable();
      try {
        return await work();
      } finally {
        histogram.disable();
        longestMs.push(Math.max(0, histogram.max / 1e6 - PERIOD_MS));
      }
    },
  };
}
