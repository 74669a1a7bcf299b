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
      return Object.fromEntries(
        lately.flatMap(([model, all]) => {
          const ms = usual(all);
          return ms === undefined ? [] : [[model, ms]];
        }),
      );
    },
    pauseMs: () => (pauses.length < LEAST_PAUSES ? undefined : [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length * 0.75)]),
  };
}

/**
 * Undefined while too little tells: what was given up earlier than most answers come says nothing of them. Where half of
 * them never came, so long as enough of them were waited for.
 */
function usual(all: readonly Seen[]): number | undefined {
  const known = median(all);
  if (known === undefined) return all.map(({ ms }) => ms).sort((a, b) => b - a)[LEAST_SEEN - 1];
  return all.filter(({ ms, came }) => came || ms >= known).length >= LEAST_SEEN ? known : undefined;
}

/**
 * The median of times some of which are only known to be longer (Kaplan and Meier, J. Am. Stat. Assoc. 53, 1958):
 * without those a slow model would look quick, since only its quick answers are seen. Undefined where half never came.
 */
function median(all: readonly Seen[]): number | undefined {
  const byTime = [...all].sort((a, b) => a.ms - b.ms || Number(b.came) - Number(a.came));
  let left = 1;
  for (const [index, { ms, came }] of byTime.entries()) {
    if (came) left *= 1 - 1 / (byTime.length - index);
    if (left <= 0.5) return ms;
  }
  return undefined;
}
