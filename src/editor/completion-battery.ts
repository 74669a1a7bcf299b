// The battery as ghost text sees it: asked now and then, in the background; no key waits for it.

export interface Power {
  readonly onBattery: boolean;
  /** 0..1 */
  readonly charge: number;
}

/** Undefined where the platform does not tell; then nothing is held back. */
export type ReadPower = () => Promise<Power | undefined>;

export interface Battery {
  readonly isUsed: () => boolean;
  readonly isLow: () => boolean;
}

const POWER_EVERY_MS = 60_000;
const LOW_BATTERY = 0.2;

export function createBattery(read: ReadPower, now: () => number = Date.now): Battery {
  let power: Power | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  const isUsed = (): boolean => {
    if (now() - askedAt >= POWER_EVERY_MS) {
      askedAt = now();
      read().then(
        (answer) => (power = answer),
        () => (power = undefined),
      );
    }
    return power?.onBattery === true;
  };
  return { isUsed, isLow: () => isUsed() && (power?.charge ?? 1) < LOW_BATTERY };
}
