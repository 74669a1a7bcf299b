// From what VS Code or a file holds to Settings. One bad value falls back alone and is named in `problems`;
// a list or record loses only its bad entries. Decides layering: a workspace adds to lists, never redirects.
import * as z from 'zod';
import { defaultRoutes } from './defaults';
import { modelSettingFor, routeSetting, ruleSetting, type ModelSetting, type RouteSetting, type RuleSetting } from './entries';
import { KEY_ADVICE, keyIn } from './keys-in-settings';
import { BUILT_IN_NEVER_SEND, type NeverSend } from './never-send';
import { settingSpecs, type SettingKey, type SettingValue } from './schema';
import type { SettingSpec } from './spec';
import { once } from '../shared/lazily';
import type { Problem, RawSetting, Rule, SettingOrigin, SettingRoute, Settings } from './settings';

export interface ParsedSettings {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

const text = once(() => z.string().min(1));

type Read = (key: SettingKey) => RawSetting;
type Report = (key: SettingKey, path: string, message: string, origin: SettingOrigin) => void;

export function parseSettings(read: Read): ParsedSettings {
  const problems: Problem[] = [];
  const report: Report = (key, path, message, origin) => {
    problems.push({ setting: `fairlead.${key}`, path, message, origin });
  };
  const scalar = <K extends SettingKey>(key: K): SettingValue<K> => parseScalar(key, read(key), report);
  const settings: Settings = {
    models: parseModels(read('models'), report),
    routes: parseRoutes(read('routes'), scalar('includeDefaultRoutes'), report),
    defaultModels: parseNames('defaultModels', read('defaultModels'), report),
    rules: parseRules(read('rules'), report),
    discovery: { enabled: scalar('discovery.enabled'), endpoints: scalar('discovery.endpoints') },
    classifier: {
      use: scalar('classifier.use'),
      file: scalar('classifier.file'),
      dialect: scalar('classifier.dialect'),
      endpoint: scalar('classifier.endpoint'),
      deadlineMs: scalar('classifier.deadlineMs'),
      decoderDeadlineMs: scalar('classifier.decoderDeadlineMs'),
      warmUp: scalar('classifier.warmUp'),
    },
    runtime: {
      gpu: scalar('runtime.gpu'),
      threads: scalar('runtime.threads'),
      idleMinutes: scalar('runtime.idleMinutes'),
      memoryLimitMb: scalar('runtime.memoryLimitMb'),
    },
    localModels: { folder: scalar('localModels.folder'), mirror: scalar('localModels.mirror') },
    inline: parseInline(scalar, parseList('inline.notIn', read('inline.notIn'), text, report)),
    budgets: parseBudgets(scalar),
    neverSend: parseNeverSend(read('neverSend'), report),
    secrets: scalar('secrets'),
    logPrompts: scalar('log.prompts'),
  };
  return { settings, problems };
}

function parseInline(scalar: <K extends SettingKey>(key: K) => SettingValue<K>, notIn: readonly Item<string>[]): Settings['inline'] {
  return {
    enabled: scalar('inline.enabled'),
    notIn: notIn.map(({ data }) => data),
    models: scalar('inline.models'),
    debounceMs: scalar('inline.debounceMs'),
    maxTokens: scalar('inline.maxTokens'),
    context: scalar('inline.context'),
    onLowBattery: scalar('inline.onLowBattery'),
  };
}

function parseBudgets(scalar: <K extends SettingKey>(key: K) => SettingValue<K>): Settings['budgets'] {
  return {
    day: { usd: scalar('budgets.usdPerDay'), requests: scalar('budgets.requestsPerDay') },
    month: { usd: scalar('budgets.usdPerMonth'), requests: scalar('budgets.requestsPerMonth') },
    conversation: { usd: scalar('budgets.usdPerConversation'), requests: scalar('budgets.requestsPerConversation') },
    warnAt: scalar('budgets.warnAtPercent') / 100,
    atLimit: scalar('budgets.atLimit'),
  };
}

/** The value a layer may have: machine-scoped keys take the user's alone. */
function layers(key: SettingKey, raw: RawSetting, report: Report): { value: unknown; origin: SettingOrigin }[] {
  const spec: SettingSpec = settingSpecs[key];
  const found: { value: unknown; origin: SettingOrigin }[] = [];
  if (raw.user !== undefined) found.push({ value: raw.user, origin: 'user' });
  if (raw.workspace !== undefined) {
    if (spec.scope === 'machine') {
      report(key, '', 'is ignored in a workspace: only user settings may set it', 'workspace');
    } else {
      found.push({ value: raw.workspace, origin: 'workspace' });
    }
  }
  return found;
}

function parseScalar<K extends SettingKey>(key: K, raw: RawSetting, report: Report): SettingValue<K> {
  const spec = settingSpecs[key];
  for (const { value, origin } of layers(key, raw, report).reverse()) {
    const parsed = spec.schema().safeParse(value);
    if (parsed.success) return parsed.data as SettingValue<K>;
    report(key, pathOf(parsed.error), `${firstMessage(parsed.error)}; the default is used`, origin);
  }
  return spec.default as SettingValue<K>;
}

function parseModels(raw: RawSetting, report: Report): Record<string, ModelSetting> {
  const models: Record<string, ModelSetting> = {};
  for (const { value, origin } of layers('models', raw, report)) {
    if (!isRecord(value)) {
      report('models', '', 'must be an object from names to models; it is ignored', origin);
      continue;
    }
    for (const [name, entry] of Object.entries(value)) {
      const key = keyIn(entry);
      if (key !== undefined) {
        report('models', `.${name}${key}`, `${KEY_ADVICE}; this model is left out`, origin);
        continue;
      }
      const parsed = modelSettingFor(isRecord(entry) ? entry : {}).safeParse(entry);
      if (parsed.success && name.trim() !== '') models[name] = parsed.data;
      else reportEntry(report, { key: 'models', path: `.${name}`, error: parsed.error, origin });
    }
  }
  return models;
}

interface Item<T> {
  readonly data: T;
  readonly origin: SettingOrigin;
  readonly index: number;
}

function parseList<T>(key: SettingKey, raw: RawSetting, schema: () => z.ZodType<T>, report: Report): Item<T>[] {
  const items: Item<T>[] = [];
  for (const { value, origin } of layers(key, raw, report)) {
    if (!Array.isArray(value)) {
      report(key, '', 'must be a list; it is ignored', origin);
      continue;
    }
    value.forEach((entry: unknown, index) => {
      const parsed = schema().safeParse(entry);
      if (parsed.success) items.push({ data: parsed.data, origin, index });
      else reportEntry(report, { key, path: `[${String(index)}]`, error: parsed.error, origin });
    });
  }
  return items;
}

function parseNames(key: 'defaultModels', raw: RawSetting, report: Report): string[] {
  const items = parseList(key, raw, text, report);
  const fromWorkspace = items.filter((item) => item.origin === 'workspace');
  return (fromWorkspace.length > 0 ? fromWorkspace : items).map((item) => item.data);
}

function parseRoutes(raw: RawSetting, includeDefaults: boolean, report: Report): SettingRoute[] {
  const own = parseList<RouteSetting>('routes', raw, routeSetting, report);
  const usesDefaults = includeDefaults || !own.some((item) => item.origin === 'user');
  const routes = new Map<string, SettingRoute>();
  for (const { data, origin, index } of own) {
    const path = `[${String(index)}].name`;
    if (data.name.toLowerCase() === 'other') {
      report('routes', path, '"other" is the outcome when no route fits and cannot be a route', origin);
    } else if (routes.has(data.name)) {
      report('routes', path, `there is already a route "${data.name}"; the first one is used`, origin);
    } else {
      routes.set(data.name, { ...data, origin });
    }
  }
  if (usesDefaults) {
    for (const route of defaultRoutes) if (!routes.has(route.name)) routes.set(route.name, route);
  }
  return [...routes.values()];
}

function parseRules(raw: RawSetting, report: Report): Rule[] {
  const rules = parseList<RuleSetting>('rules', raw, ruleSetting, report).map(({ data, origin, index }) => ({
    ...data,
    origin,
    label: data.reason ?? `rule ${String(index + 1)} of the ${origin} settings`,
  }));
  return [...rules, ...unreadable(raw)];
}

/** A rule of privacy that cannot be read, by a misspelt condition perhaps, keeps everything here until it is put right. */
function unreadable(raw: RawSetting): Rule[] {
  const layersOf = [['user', raw.user], ['workspace', raw.workspace]] as const;
  return layersOf.flatMap(([origin, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : []).flatMap((entry, index): Rule[] => {
      const meant = isRecord(entry) && (entry['require'] === 'local' || entry['exclude'] === 'hosted');
      if (!meant || ruleSetting().safeParse(entry).success) return [];
      return [{ when: {}, require: 'local', origin, label: `rule ${String(index + 1)} of the ${origin} settings cannot be read` }];
    }),
  );
}

/** A workspace can only add; what the user takes out with "!" stays in where the workspace names it. */
function parseNeverSend({ user, workspace }: RawSetting, report: Report): NeverSend {
  const asList = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);
  const items = parseList('neverSend', { user: asList(user), workspace: asList(workspace) }, text, report);
  const of = (origin: SettingOrigin, excepted: boolean): Item<string>[] =>
    items.filter((item) => item.origin === origin && item.data.startsWith('!') === excepted);
  for (const { index } of of('workspace', true)) {
    report('neverSend', `[${String(index)}]`, 'a workspace can only add files, not take them out; it is ignored', 'workspace');
  }
  return {
    globs: [...BUILT_IN_NEVER_SEND, ...of('user', false).map(({ data }) => data)],
    except: of('user', true).map(({ data }) => data.slice(1)),
    added: of('workspace', false).map(({ data }) => data),
  };
}

interface BadEntry {
  readonly key: SettingKey;
  readonly path: string;
  readonly error: z.ZodError | undefined;
  readonly origin: SettingOrigin;
}

function reportEntry(report: Report, bad: BadEntry): void {
  const inner = bad.error ? pathOf(bad.error) : '';
  const message = bad.error ? firstMessage(bad.error) : 'needs a name';
  report(bad.key, `${bad.path}${inner}`, `${message}; this entry is left out`, bad.origin);
}

function pathOf(error: z.ZodError): string {
  const path = error.issues[0]?.path ?? [];
  return path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`)).join('');
}

function firstMessage(error: z.ZodError): string {
  return error.issues[0]?.message ?? 'is not valid';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
