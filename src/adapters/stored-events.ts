// What every form of event file has to do, and how a stored event is read back.
import * as z from 'zod';
import { once } from '../shared/lazily';
import type { FeedbackEvent } from '../learning/events';

/** What a file format has to do; may throw. */
export interface EventFile {
  add(event: FeedbackEvent): void;
  recent(limit: number): readonly FeedbackEvent[];
  close(): void;
}

export interface Limits {
  /** Milliseconds since the epoch; older events go. */
  readonly oldest: () => number;
  readonly maxEvents: number;
}

export const storedEvent = once((): z.ZodType<FeedbackEvent> =>
  z.object({
    at: z.number(),
    decisionId: z.string(),
    value: z.number(),
    source: z.enum(['button', 'thumb', 'correction', 'accept', 'partial_accept', 'shown', 'rejected', 'kept']),
    surface: z.enum(['chat', 'agent', 'inline', 'cli', 'utility']),
    route: z.string().nullish().transform((route) => route ?? undefined),
    model: z.string().nullish().transform((model) => model ?? undefined),
    certainty: z.number(),
    // Events of earlier versions have none.
    sureness: z
      .object({ mean: z.number(), least: z.number() })
      .nullish()
      .catch(undefined)
      .transform((sureness) => sureness ?? undefined),
  }),
);
