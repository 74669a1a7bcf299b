// What users did with an answer: the evidence that learning reads. Stored on this machine only.
import type { Sureness } from '../router/ports';
import type { Surface } from '../router/types';

/** All but the first three tell of ghost text; `kept`: the share of an accepted one that still stood there later. */
export type FeedbackSource = 'button' | 'thumb' | 'correction' | 'accept' | 'partial_accept' | 'shown' | 'rejected' | 'kept';

export interface FeedbackEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly decisionId: string;
  /** 1 = kept or helpful, 0 = thrown away or unhelpful. */
  readonly value: number;
  readonly source: FeedbackSource;
  readonly surface: Surface;
  readonly route: string | undefined;
  readonly model: string | undefined;
  /** How sure the outcome is, 0..1: a button press is 1, an inferred rejection is less. */
  readonly certainty: number;
  /** Of ghost text: how sure the model was of it; undefined where nobody tells. */
  readonly sureness?: Sureness | undefined;
}

/** Keeps events and decisions. Failing to write is reported by the implementation, never thrown. */
export interface EventStore {
  record(event: FeedbackEvent): void;
  /** Newest last. */
  recent(limit: number): Promise<readonly FeedbackEvent[]>;
}
