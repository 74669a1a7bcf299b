// How the size and the progress of a download read. Decimal units, as browsers and model hubs show them.

export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(bytes >= 1e10 ? 1 : 2)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** `412 of 986 MB`, or `412 MB` while the whole is unknown. */
export function portionText(bytes: number, totalBytes: number | undefined): string {
  if (totalBytes === undefined) return sizeText(bytes);
  const [part, whole] = [sizeText(bytes), sizeText(totalBytes)];
  const unit = whole.slice(whole.indexOf(' '));
  return `${part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

export interface TransferMeter {
  /** One line: how much, how fast, how long still. */
  text(bytes: number, totalBytes: number | undefined): string;
  /** Forgets the speed, as after a pause. */
  reset(): void;
}

/** The speed is that of so many last milliseconds. */
const WINDOW_MS = 5000;
/** Before this, a speed would be a guess. */
const SETTLED_MS = 1000;

export function createTransferMeter(now: () => number): TransferMeter {
  let seen: { readonly at: number; readonly bytes: number }[] = [];
  return {
    reset: () => {
      seen = [];
    },
    text: (bytes, totalBytes) => {
      const at = now();
      seen = [...seen.filter((one) => at - one.at <= WINDOW_MS), { at, bytes }];
      const oldest = seen[0] ?? { at, bytes };
      const portion = portionText(bytes, totalBytes);
      if (at - oldest.at < SETTLED_MS) return portion;
      const perSecond = ((bytes - oldest.bytes) / (at - oldest.at)) * 1000;
      const left = totalBytes === undefined || perSecond < 1 ? '' : ` · ${durationText((totalBytes - bytes) / perSecond)} left`;
      return `${portion} · ${speedText(perSecond)}${left}`;
    },
  };
}

function speedText(perSecond: number): string {
  return perSecond >= 1e5 ? `${(perSecond / 1e6).toFixed(1)} MB/s` : `${Math.round(perSecond / 1e3)} kB/s`;
}

export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
