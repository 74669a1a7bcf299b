// What may be kept or sent.
import * as z from 'zod';
import type { SettingSpec } from '../spec';

export const privacySpecs = {
  'log.prompts': {
    schema: z.boolean().default(false),
    scope: 'machine',
    markdown: 'Write prompt text to the output channel at level *Trace*. Off: prompt text is never logged.',
  },
} as const satisfies Record<string, SettingSpec>;
