// What is known of one setting besides its value.
import type * as z from 'zod';

/** VS Code's configuration scope of a setting. `machine`: the user alone; a repository's value is ignored. */
export type SettingScope = 'machine' | 'resource' | 'window' | 'language-overridable';

export interface SettingSpec {
  /** What a value that is set must be; made when it is asked for, so that activation does not wait for what is not set. */
  readonly schema: () => z.ZodType;
  /** Stands in where nothing is set; must be what `schema` answers, and is never changed. */
  readonly default: unknown;
  readonly scope: SettingScope;
  readonly markdown: string;
  /** Lists that a workspace adds to; the others are replaced as VS Code does. */
  readonly additive?: boolean;
}

/** As settings.json may hold it. */
export function withDefault({ schema, default: value }: SettingSpec): z.ZodType {
  return schema().default(value);
}
