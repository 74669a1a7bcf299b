// What the user's settings say after a model file is to answer in chat or to complete code, and after it is gone.
// Only what Fairlead wrote itself is taken out again.
export type ModelUse = 'chat' | 'ghost_text';

/** The user's own values, as they stand in the settings. */
export interface ModelSettings {
  readonly models: Readonly<Record<string, unknown>>;
  readonly defaultModels: readonly string[];
  readonly rules: readonly unknown[];
}

/** Names the rule by which ghost text prefers a model; people see it with each completion. */
export const GHOST_RULE = 'you chose this model for ghost text';

/** The model comes first in what it is used for; what was there before stays as second choice. */
export function withModel(before: ModelSettings, file: { readonly title: string; readonly path: string }, uses: readonly ModelUse[]): ModelSettings {
  const name = nameOf(before.models, file.path) ?? freeName(file.title, before.models);
  const first = (names: readonly string[]): string[] => [name, ...names.filter((one) => one !== name)];
  const own = before.rules.find(isGhostRule);
  const rule = { when: { surface: ['inline'] }, prefer: first(own?.prefer ?? []), reason: GHOST_RULE };
  return {
    models: name in before.models ? before.models : { ...before.models, [name]: { provider: 'llama', file: file.path } },
    defaultModels: uses.includes('chat') ? first(before.defaultModels) : before.defaultModels,
    rules: uses.includes('ghost_text') ? [rule, ...before.rules.filter((one) => one !== own)] : before.rules,
  };
}

/** Undefined when nothing names the file. */
export function withoutModel(before: ModelSettings, path: string): ModelSettings | undefined {
  const name = nameOf(before.models, path);
  if (name === undefined) return undefined;
  const others = (names: readonly string[]): string[] => names.filter((one) => one !== name);
  return {
    models: Object.fromEntries(Object.entries(before.models).filter(([key]) => key !== name)),
    defaultModels: others(before.defaultModels),
    rules: before.rules.flatMap((rule) => {
      if (!isGhostRule(rule)) return [rule];
      const prefer = others(rule.prefer);
      return prefer.length > 0 ? [{ ...rule, prefer }] : [];
    }),
  };
}

interface GhostRule {
  readonly reason: typeof GHOST_RULE;
  readonly prefer: readonly string[];
}

function isGhostRule(rule: unknown): rule is GhostRule {
  const { reason, prefer } = (rule ?? {}) as Partial<GhostRule>;
  return reason === GHOST_RULE && Array.isArray(prefer);
}

function nameOf(models: ModelSettings['models'], path: string): string | undefined {
  return Object.entries(models).find(([, setting]) => {
    const { provider, file } = (setting ?? {}) as { provider?: unknown; file?: unknown };
    return provider === 'llama' && file === path;
  })?.[0];
}

/** Without what stands in brackets, such as the quantisation. */
function freeName(title: string, taken: Readonly<Record<string, unknown>>): string {
  const base = title.replace(/\s*\([^)]*\)\s*/gu, ' ').trim().slice(0, 70) || 'Local model';
  if (!(base in taken)) return base;
  for (let suffix = 2; ; suffix += 1) if (!(`${base} ${String(suffix)}` in taken)) return `${base} ${String(suffix)}`;
}
