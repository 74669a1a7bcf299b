// The numbers that were fitted together with the shipped router model, as its manifest.json holds them.
import * as z from 'zod';

const layer = z.tuple([z.array(z.array(z.number())), z.array(z.number())]);

export const routerManifest = z.object({
  name: z.string(),
  version: z.number(),
  dimensions: z.number().int().positive(),
  file: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  projection: z.object({
    file: z.string(),
    rows: z.number().int().positive(),
    columns: z.number().int().positive(),
  }),
  bank: z.object({
    file: z.string(),
    kinds: z.number().int().positive(),
    columns: z.number().int().positive(),
    scale: z.number().positive(),
  }),
  words: z.object({
    file: z.string(),
    columns: z.number().int().positive(),
    /** So many words of a text are compared one by one. */
    heaviest: z.number().int().positive(),
  }),
  limits: z.object({ contextTokens: z.number().int().positive() }),
  thresholds: z.object({ one: z.number(), slate: z.number() }),
  scoring: z.object({
    route_inputs: z.array(z.string()),
    set_inputs: z.array(z.string()),
    route_mean: z.array(z.number()),
    route_std: z.array(z.number()),
    set_mean: z.array(z.number()),
    set_std: z.array(z.number()),
    /** Per layer: weights as [inputs][outputs], then the bias. */
    route_layers: z.array(layer),
    other_layers: z.array(layer),
    /** Reads from a turn's wording whether it goes on with the task before it. */
    probe: z.object({ weight: z.array(z.number()), bias: z.number() }).optional(),
    temperature: z.number().positive(),
    stop_words: z.array(z.string()),
  }),
});

export type RouterManifest = z.infer<typeof routerManifest>;
export type Scoring = RouterManifest['scoring'];
export type Layer = z.infer<typeof layer>;
