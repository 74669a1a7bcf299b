// When a child has been silent too long, or has loaded one file for too long.
export interface WatchdogTimings {
  /** From fork until it is ready: the native side has started, which may take seconds in silence. */
  readonly startMs: number;
  /** Longest time a file may take to load, besides what its size needs. */
  readonly loadMs: number;
  /** Longest silence before the child counts as hung. */
  readonly beatMs: number;
}

export interface Watchdog {
  beat(): void;
  /** From here on it must not be silent. */
  ready(): void;
  /** A file of so many bytes begins to load; undefined: it ended. */
  loading(bytes: number | undefined): void;
  readonly isLoading: boolean;
  stop(): void;
}

/** A slow hard disk; a large model takes its time. */
const SLOWEST_DISK_BYTES_PER_MS = 50_000;

/** Calls `onHang` when the child has been silent too long, or has loaded one file for too long. */
export function createWatchdog(timings: WatchdogTimings, onHang: (what: string) => void): Watchdog {
  const tickMs = Math.min(250, timings.beatMs / 4);
  let lastTick = Date.now();
  let lastBeat = lastTick;
  let silentMs = timings.startMs;
  let loadStart: number | undefined;
  let loadMs = timings.loadMs;
  const timer = setInterval(() => {
    const now = Date.now();
    // Our own process or the whole machine slept: what the child said meanwhile has not been read yet.
    const slept = now - lastTick - tickMs;
    lastTick = now;
    if (slept > tickMs) {
      lastBeat = Math.min(now, lastBeat + slept);
      if (loadStart !== undefined) loadStart += slept;
    }
    if (loadStart !== undefined && now - loadStart > loadMs) {
      onHang(`the file did not load within ${Math.round(loadMs)} ms`);
    } else if (now - lastBeat > silentMs) {
      onHang(`no sign of life for ${silentMs} ms`);
    }
  }, tickMs);
  timer.unref();
  return {
    ready: () => {
      silentMs = timings.beatMs;
    },
    beat: () => {
      lastBeat = Math.max(lastBeat, Date.now());
    },
    loading: (bytes) => {
      loadStart = bytes === undefined ? undefined : Date.now();
      loadMs = timings.loadMs + (bytes ?? 0) / SLOWEST_DISK_BYTES_PER_MS;
    },
    get isLoading() {
      return loadStart !== undefined;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
