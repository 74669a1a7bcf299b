// What ghost text is ordered by besides the user's word: power, how quick each model has been here, and whose text was
// taken. Facts about a request, gathered by the editor; and the reason in a decision where they counted.

/** Facts of one moment and one language. */
export interface Pace {
  /** This machine runs on its battery. */
  readonly onBattery: boolean;
  /** Median milliseconds from the question to the first useful text, by candidate id; only where enough was seen. */
  readonly firstTextMs: Readonly<Record<string, number>>;
  /** Three of four pauses in typing are shorter than so many milliseconds; undefined while that is not known. */
  readonly pauseMs?: number;
  readonly proven: readonly Proven[];
}

/** Of `model` more was taken than of `over`, on outcomes that this was not concluded from. */
export interface Proven {
  /** Candidate ids. */
  readonly model: string;
  readonly over: string;
  /** Bounds of the shares that are taken, 0..1: at least so much of the one, at most so much of the other. */
  readonly least: number;
  readonly most: number;
}

/** Why `model` is asked before `instead`, which would have been first; both are models the user did not rank. */
export type PaceReason = { readonly kind: 'pace'; readonly model: string; readonly instead: string } & (
  | { readonly why: 'battery' }
  /** `firstTextMs` is undefined where a smaller model is too slow already. */
  | { readonly why: 'too_slow'; readonly firstTextMs: number | undefined; readonly mostMs: number }
  | { readonly why: 'taken'; readonly least: number; readonly most: number }
);
