// Every setting of the product, once, put together from specs/. package.json's `contributes.configuration` is made
// from this file (scripts/manifest.mjs) and test/manifest.test.ts holds the two together.
import type * as z from 'zod';
import type { SettingSpec } from './spec';
import { budgetSpecs } from './specs/budgets';
import { classifierSpecs } from './specs/classifier';
import { inlineSpecs } from './specs/inline';
import { policySpecs } from './specs/policy';
import { privacySpecs } from './specs/privacy';
import { runtimeSpecs } from './specs/runtime';

/** Key without the `fairlead.` prefix -> its schema with default, scope and description. */
export const settingSpecs = {
  ...policySpecs,
  ...runtimeSpecs,
  ...classifierSpecs,
  ...inlineSpecs,
  ...privacySpecs,
  ...budgetSpecs,
} as const satisfies Record<string, SettingSpec>;

export type SettingKey = keyof typeof settingSpecs;
export type SettingValue<K extends SettingKey> = z.infer<ReturnType<(typeof settingSpecs)[K]['schema']>>;
