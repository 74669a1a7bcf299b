// What is known of one setting besides its value.
import type * as z from 'zod';

/** VS Code's configuration scope of a setting. `machine`: the user alone; a repository's value is ignored. */
export type SettingScope = 'machine' | 'resource' | 'window' | 'language-overridable';

export interface SettingSpec {
  readonly schema: z.ZodType;
  readonly scope: SettingScope;
  readonly markdown: string;
  /** Lists that a workspace adds to; the others are replaced as VS Code does. */
  readonly additive?: boolean;
}
