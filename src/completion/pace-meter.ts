// How quick each model has been here, and how long this user pauses. Kept for this session only, and for half an hour:
// a model that was passed over because it was slow is tried again.

export interface PaceMeter {
  /** A key was pressed. */
  key(): void;
  /** Hands on what a model writes and notes when its first useful text came, or that it was given up before. */
  watch(model: string, pieces: AsyncIterable<string>, signal: AbortSignal): AsyncIterable<string>;
  /** Median milliseconds to the first useful text, by candidate id; only where enough was seen. */
  firstTextMs(): Readonly<Record<string, number>>;
  /** Three of four pauses are shorter; undefined while too few were seen. */
  pauseMs(): number | undefined;
}

interface Seen {
  readonly at: number;
  readonly ms: number;
  /** False when it was given up after so long: the text would have come later. */
  readonly came: boolean;
}

const REMEMBERED_MS = 30 * 60_000;
const MOST_SEEN = 40;
const LEAST_SEEN = 8;
/** While somebody types on, nothing is asked: VS Code's 50 ms, and most of our own wait. */
const PAUSE_FROM_MS = 200;
const MOST_PAUSES = 100;
const LEAST_PAUSES = 20;

/** `now`: milliseconds of a clock that only goes forward. */
export function createPaceMeter(now: () => number): PaceMeter {
  const byModel = new Map<string, readonly Seen[]>();
  let pauses: readonly number[] = [];
  let lastKey: number | undefined;
  const note = (model: string, ms: number, came: boolean): void => {
    byModel.set(model, [...(byModel.get(model) ?? []), { at: now(), ms, came }].slice(-MOST_SEEN));
  };
  return {
    key: () => {
      const pause = lastKey === undefined ? 0 : now() - lastKey;
      lastKey = now();
      if (pause > PAUSE_FROM_MS) pauses = [...pauses, pause - PAUSE_FROM_MS].slice(-MOST_PAUSES);
    },
    watch: async function* (model, pieces, signal) {
      const began = now();
      let came = false;
      try {
        for await (const piece of pieces) {
          if (!came && piece.trim() !== '') note(model, now() - began, true);
          came ||= piece.trim() !== '';
          yield piece;
        }
      } finally {
        if (!came && signal.aborted) note(model, now() - began, false);
      }
    },
    firstTextMs: () => {
      const lately = [...byModel].map(([model, all]) => [model, all.filter(({ at }) => now() - at < REMEMBERED_MS)] as const);
      return Object.fromEntries(lately.filter(([, all]) => all.length >= LEAST_SEEN).map(([model, all]) => [model, median(all)]));
    },
    pauseMs: () => (pauses.length < LEAST_PAUSES ? undefined : [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length * 0.75)]),
  };
}

/**
 * The median of times some of which are only known to be longer (Kaplan and Meier, J. Am. Stat. Assoc. 53, 1958):
 * without those a slow model would look quick, since only its quick answers are seen. Where half of them never came, the
 * longest time that was waited.
 */
function median(all: readonly Seen[]): number {
  const byTime = [...all].sort((a, b) => a.ms - b.ms || Number(b.came) - Number(a.came));
  let left = 1;
  for (const [index, { ms, came }] of byTime.entries()) {
    if (came) left *= 1 - 1 / (byTime.length - index);
    if (left <= 0.5) return ms;
  }
  return byTime.at(-1)?.ms ?? 0;
}
