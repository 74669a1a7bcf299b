// How long to wait for a pause before asking: by the rhythm of typing and by how long the model takes.
// Adaptive delays: arXiv 2511.18842; the mean of the intervals less the expected latency, as Tabby does.

export interface Rhythm {
  /** A key was pressed. `nowMs`: any clock that only goes forward. */
  key(nowMs: number): void;
  /** A model's first text came after so long. */
  answered(latencyMs: number): void;
  /** Milliseconds to wait, at most `mostMs`. `lineBefore`: what stands before the cursor on its line. */
  wait(lineBefore: string, mostMs: number): number;
}

/** A longer pause is thinking, not rhythm. */
const LONGEST_INTERVAL_MS = 800;
const FIRST_INTERVAL_MS = 180;
const FIRST_LATENCY_MS = 200;
/** Weight of the newest of the values that are averaged. */
const WEIGHT = 0.2;
/** VS Code has waited so long before it asks. */
const ALREADY_WAITED_MS = 50;
/** In the middle of a word the next key is likely to come; after these signs people stop to think. */
const IN_WORD = 1.5;
const AFTER_SIGN = 0.8;
/** A slow model is asked sooner, but not for every key. */
const LATENCY_SHARE = 0.25;

export function createRhythm(): Rhythm {
  let interval = FIRST_INTERVAL_MS;
  let latency = FIRST_LATENCY_MS;
  let last: number | undefined;
  return {
    key: (nowMs) => {
      const passed = last === undefined ? undefined : nowMs - last;
      last = nowMs;
      if (passed !== undefined && passed < LONGEST_INTERVAL_MS) interval += WEIGHT * (passed - interval);
    },
    answered: (latencyMs) => {
      latency += WEIGHT * (latencyMs - latency);
    },
    wait: (lineBefore, mostMs) => {
      const factor = /\w$/u.test(lineBefore) ? IN_WORD : AFTER_SIGN;
      return Math.round(Math.min(mostMs, Math.max(0, interval * factor - ALREADY_WAITED_MS - latency * LATENCY_SHARE)));
    },
  };
}
