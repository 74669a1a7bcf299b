// Ghost text.
import * as z from 'zod';
import type { SettingSpec } from '../spec';

export const inlineSpecs = {
  'inline.enabled': {
    schema: z.boolean().default(true),
    scope: 'language-overridable',
    markdown: 'Show inline completions (ghost text) from models that can fill in the middle.',
  },
  'inline.debounceMs': {
    schema: z.number().int().min(0).max(2000).default(150),
    scope: 'machine',
    markdown: 'Milliseconds without typing before a completion is asked for.',
  },
  'inline.maxTokens': {
    schema: z.number().int().min(8).max(1024).default(128),
    scope: 'machine',
    markdown: 'Most tokens of one completion.',
  },
} as const satisfies Record<string, SettingSpec>;
