// What became of ghost text, told from what the editor lets one see: an accepted suggestion is sure; that one was seen,
// typed over or thrown away is inferred, and each outcome says how sure it is. (VS Code's hooks for all this are
// proposed API.) Waits as the peers have them: seen after 750 ms on screen (Cody), kept after 30 s to 10 min (Copilot).

export interface Offer {
  /** Names the suggestion; the same one while it is typed over. */
  readonly id: string;
  readonly decisionId: string;
  readonly model: string;
  readonly document: string;
  /** Offset in the document, and what would be inserted there. */
  readonly offset: number;
  readonly text: string;
}

export type OutcomeKind = 'shown' | 'accept' | 'partial_accept' | 'rejected' | 'kept';

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly offer: Offer;
  /** Share of the suggestion that was taken or kept, 0..1; 1 for `shown`. */
  readonly value: number;
  /** 0..1. */
  readonly certainty: number;
  /** Of `kept`: seconds since it was accepted. */
  readonly afterSeconds?: number;
}

export interface OutcomePorts {
  readonly record: (outcome: Outcome) => void;
  /** Calls back once after so long; the answer takes it back. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** The document's text around an offset now; undefined when it is closed. */
  readonly textNear: (document: string, offset: number) => string | undefined;
}

export interface OutcomeTracker {
  /** A suggestion was handed to the editor. */
  readonly offered: (offer: Offer) => void;
  /** Text was inserted at the cursor, by typing or otherwise; `before`: the cursor's offset until then. */
  readonly inserted: (document: string, before: number, text: string) => void;
  /** All of it was taken by the editor's command. */
  readonly accepted: (id: string) => void;
  /** A word or a line of it was taken by our command. */
  readonly took: (id: string, chars: number) => void;
  /** The suggestion went without being taken: another place, Escape, other text. */
  readonly dismissed: () => void;
  readonly current: () => Offer | undefined;
  readonly dispose: () => void;
}

const SEEN_MS = 750;
export const KEPT_SECONDS = [30, 120, 300, 600] as const;
const CERTAINTY = { seen: 0.9, typedOver: 0.6, rejected: 0.7, kept: 0.8 } as const;
/** Less typed over is a coincidence. */
const LEAST_TYPED_SHARE = 0.3;

interface Watched {
  offer: Offer;
  readonly first: Offer;
  seen: boolean;
  /** Characters that were typed over, and taken by our commands. */
  typed: number;
  taken: number;
  stopWaiting: () => void;
}

export function createOutcomeTracker(ports: OutcomePorts): OutcomeTracker {
  const kept = createKeptWatch(ports);
  let watched: Watched | undefined;
  const end = (): void => {
    const outcome = watched && outcomeOf(watched);
    watched?.stopWaiting();
    watched = undefined;
    if (outcome) ports.record(outcome);
  };
  const isWatched = (id: string, document?: string): boolean =>
    watched?.offer.id === id && (document === undefined || watched.offer.document === document);
  return {
    current: () => watched?.offer,
    offered: (offer) => {
      if (watched && isWatched(offer.id, offer.document)) {
        watched.offer = offer;
        return;
      }
      end();
      watched = watch(offer, ports);
    },
    inserted: (document, before, text) => {
      if (watched?.offer.document !== document || watched.offer.text === text) return;
      if (!typeOver(watched, before, text)) end();
    },
    accepted: (id) => {
      if (!watched || !isWatched(id)) return;
      const { first, stopWaiting } = watched;
      stopWaiting();
      watched = undefined;
      ports.record({ kind: 'accept', offer: first, value: 1, certainty: 1 });
      kept.watch(first);
    },
    took: (id, chars) => {
      if (!watched || !isWatched(id)) return;
      watched.taken += chars;
      watched.typed -= Math.min(watched.typed, chars);
    },
    dismissed: end,
    dispose: () => {
      watched?.stopWaiting();
      kept.dispose();
    },
  };
}

function watch(offer: Offer, { after, record }: OutcomePorts): Watched {
  const one: Watched = { offer, first: offer, seen: false, typed: 0, taken: 0, stopWaiting: () => undefined };
  one.stopWaiting = after(SEEN_MS, () => {
    one.seen = true;
    record({ kind: 'shown', offer: one.first, value: 1, certainty: CERTAINTY.seen });
  });
  return one;
}

/** True when the text is what the suggestion goes on with. */
function typeOver(watched: Watched, before: number, text: string): boolean {
  const { offer } = watched;
  if (offer.offset !== before || !offer.text.startsWith(text)) return false;
  watched.typed += text.length;
  watched.offer = { ...offer, offset: before + text.length, text: offer.text.slice(text.length) };
  return true;
}

/** What is known of a suggestion that leaves the screen without having been accepted whole. */
function outcomeOf({ first, seen, typed, taken }: Watched): Outcome | undefined {
  const whole = first.text.length;
  if (taken > 0) return { kind: 'partial_accept', offer: first, value: Math.min(1, taken / whole), certainty: 1 };
  if (typed / whole >= LEAST_TYPED_SHARE) return { kind: 'partial_accept', offer: first, value: Math.min(1, typed / whole), certainty: CERTAINTY.typedOver };
  return seen ? { kind: 'rejected', offer: first, value: 0, certainty: CERTAINTY.rejected } : undefined;
}

/** Looks later whether what was accepted is still there. */
function createKeptWatch({ after, textNear, record }: OutcomePorts): { readonly watch: (offer: Offer) => void; readonly dispose: () => void } {
  const waits = new Set<() => void>();
  const look = (offer: Offer, afterSeconds: number): void => {
    const near = textNear(offer.document, offer.offset);
    if (near !== undefined) record({ kind: 'kept', offer, value: keptShare(offer.text, near), certainty: CERTAINTY.kept, afterSeconds });
  };
  return {
    watch: (offer) => {
      for (const seconds of KEPT_SECONDS) {
        const stop = after(seconds * 1000, () => {
          waits.delete(stop);
          look(offer, seconds);
        });
        waits.add(stop);
      }
    },
    dispose: () => {
      for (const stop of waits) stop();
      waits.clear();
    },
  };
}

const WORD = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
const MOST_WORDS = 400;

/** Share of the words of an insertion that still stand near it in their order: longest common subsequence. */
export function keptShare(inserted: string, near: string): number {
  const own = (inserted.match(WORD) ?? []).slice(0, MOST_WORDS);
  if (own.length === 0) return 1;
  let row = new Uint16Array(own.length + 1);
  for (const word of near.match(WORD) ?? []) row = nextRow(row, own, word);
  return (row.at(-1) ?? 0) / own.length;
}

function nextRow(row: Uint16Array<ArrayBuffer>, own: readonly string[], word: string): Uint16Array<ArrayBuffer> {
  const next = new Uint16Array(row.length);
  own.forEach((one, at) => {
    next[at + 1] = one === word ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0);
  });
  return next;
}
