// Ghost text.
import * as z from 'zod';
import type { SettingSpec } from '../spec';

export const inlineSpecs = {
  'inline.enabled': {
    schema: () => z.boolean(),
    default: true,
    scope: 'language-overridable',
    markdown:
      'Show inline completions (ghost text) from models that can fill in the middle. For one language: `"[markdown]": { "fairlead.inline.enabled": false }`. **Fairlead: Pause Inline Completions** turns them off for five minutes.',
  },
  'inline.notIn': {
    schema: () => z.array(z.string().min(1)),
    default: [],
    scope: 'resource',
    additive: true,
    markdown: 'Files without inline completions: globs on workspace-relative paths, such as `**/*.csv` or `generated/**`. A workspace adds to your list.',
  },
  'inline.models': {
    schema: () => z.array(z.string().min(1)),
    default: [],
    scope: 'machine',
    markdown:
      'Models for inline completions, most preferred first, by the names in `#fairlead.models#` or as **Fairlead: Find Models on This Machine** lists them. Empty: the models on this machine. A hosted model completes only when it stands here or a rule of yours prefers it, since every pause in typing would cost a request.',
  },
  'inline.debounceMs': {
    schema: () => z.number().int().min(0).max(2000),
    default: 150,
    scope: 'machine',
    markdown:
      'Most milliseconds to wait for a pause in typing before a completion is asked for. The wait follows your typing and the speed of the model, and is often shorter.',
  },
  'inline.maxTokens': {
    schema: () => z.number().int().min(8).max(1024),
    default: 128,
    scope: 'machine',
    markdown: 'Most tokens of one completion.',
  },
  'inline.context': {
    schema: () => z.boolean(),
    default: true,
    scope: 'machine',
    markdown:
      'Send what imported files offer, pieces of other open files that are like the code at the cursor, what you changed last, and definitions, along with a completion request. Rules of privacy hold for each of these files; files that are never sent or that Git ignores are left out.',
  },
  'inline.onLowBattery': {
    schema: () => z.enum(['pause', 'goOn']),
    default: 'pause',
    scope: 'machine',
    markdown:
      'On battery below 20 %: `pause` asks models on this machine only when you ask by hand; `goOn` changes nothing. Known on Linux; elsewhere nothing is held back.',
  },
} as const satisfies Record<string, SettingSpec>;
