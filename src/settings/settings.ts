// The settings as the rest of the product reads them: parsed, layered, with what was wrong beside them.
import type { ClassifierEndpoint, ModelSetting, RuleSetting } from './entries';
import type { NeverSend } from './never-send';

/** Who wrote a value. A workspace may add and narrow, never widen. */
export type SettingOrigin = 'default' | 'user' | 'workspace';

export interface Rule extends RuleSetting {
  readonly origin: SettingOrigin;
  /** What to call the rule in reasons: its `reason`, or its place in the list. */
  readonly label: string;
}

export interface SettingRoute {
  readonly name: string;
  readonly description: string;
  /** Candidate ids, most preferred first; empty means the default models. */
  readonly models: readonly string[];
  readonly examples: readonly string[];
  readonly origin: SettingOrigin;
}

export interface ClassifierSettings {
  readonly use: 'auto' | 'embedded' | 'gguf' | 'remote' | 'lexical';
  /** Path of the user's own GGUF classifier; empty when there is none. */
  readonly file: string;
  readonly dialect: 'auto' | 'arch-router' | 'plano' | 'generic';
  readonly endpoint: ClassifierEndpoint | null;
  readonly deadlineMs: number;
  readonly decoderDeadlineMs: number;
  readonly warmUp: boolean;
}

/** US dollars and requests; 0 is no limit. */
export interface Cap {
  readonly usd: number;
  readonly requests: number;
}

export interface Budgets {
  readonly day: Cap;
  readonly month: Cap;
  readonly conversation: Cap;
  /** Share of a cap, 0..1, from which on there is a warning. */
  readonly warnAt: number;
  readonly atLimit: 'stop' | 'warn';
}

/** What happens to secrets in text for hosted models. */
export type SecretsMode = 'ask' | 'redact' | 'block' | 'off';

export interface InlineSettings {
  readonly enabled: boolean;
  /** Globs on workspace-relative paths. */
  readonly notIn: readonly string[];
  /** Candidate ids, most preferred first; empty: those on this machine. */
  readonly models: readonly string[];
  readonly debounceMs: number;
  readonly maxTokens: number;
  readonly context: boolean;
  readonly onLowBattery: 'pause' | 'goOn';
}

export interface Settings {
  readonly models: Readonly<Record<string, ModelSetting>>;
  readonly routes: readonly SettingRoute[];
  readonly defaultModels: readonly string[];
  readonly rules: readonly Rule[];
  readonly discovery: { readonly enabled: boolean; readonly endpoints: readonly string[] };
  readonly classifier: ClassifierSettings;
  readonly runtime: {
    readonly gpu: 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';
    readonly threads: number;
    readonly idleMinutes: number;
    readonly memoryLimitMb: number;
  };
  /** Both empty where nothing is set. */
  readonly localModels: { readonly folder: string; readonly mirror: string };
  readonly inline: InlineSettings;
  readonly budgets: Budgets;
  readonly neverSend: NeverSend;
  readonly secrets: SecretsMode;
  readonly logPrompts: boolean;
}

/** One value that could not be used; the default or the rest of the list stands in for it. */
export interface Problem {
  /** Full setting key, such as `fairlead.routes`. */
  readonly setting: string;
  /** Where inside the value, such as `[2].description`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
  readonly origin: SettingOrigin;
}

/** What VS Code (or a file) holds for one key, unparsed; `undefined` where nothing is set. */
export interface RawSetting {
  readonly user: unknown;
  readonly workspace: unknown;
}
