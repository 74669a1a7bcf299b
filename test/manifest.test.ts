// package.json's `contributes` is made from the settings schema and the command table; here it is held to both.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CATEGORY, commands, type CommandRow } from '../src/editor/commands-table';
import { settingSpecs } from '../src/settings/schema';
import { withDefault, type SettingSpec } from '../src/settings/spec';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly description: string; readonly media: { readonly svg: string }; readonly completionEvents?: readonly string[] }[];
    }[];
  };
}

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Manifest;
const { contributes } = manifest;
const specs: Readonly<Record<string, SettingSpec>> = settingSpecs;
const rows: readonly CommandRow[] = Object.values(commands);

/** What the manifest adds for people: it must not change what is valid. */
const FOR_PEOPLE = new Set(['markdownDescription', 'defaultSnippets', 'scope', 'order', '$schema']);

function withoutComfort(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutComfort);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(
    ([key, value]) => !FOR_PEOPLE.has(key) && !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutComfort(value)]));
}

describe('settings in package.json', () => {
  it('are those of the schema, all of them and no others', () => {
    const keys = Object.keys(contributes.configuration.properties);
    expect(keys).toEqual(Object.keys(specs).map((key) => `fairlead.${key}`));
  });

  it.each(Object.keys(specs))('fairlead.%s is valid exactly when the schema says so', (key) => {
    const spec = specs[key];
    const property = contributes.configuration.properties[`fairlead.${key}`];
    const truth = z.toJSONSchema(spec ? withDefault(spec) : z.never(), { target: 'draft-7', io: 'input', reused: 'inline' });
    expect(withoutComfort(property)).toEqual(withoutComfort(truth));
    expect(spec?.schema().parse(spec.default)).toEqual(spec?.default);
    expect(property?.['scope']).toBe(spec?.scope);
    expect(property?.['markdownDescription']).toBe(spec?.markdown);
  });

  it('hold no references: VS Code refuses them', () => {
    expect(JSON.stringify(contributes.configuration)).not.toContain('$ref');
  });

  it('that a repository could abuse count only in trusted folders', () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const key of ['models', 'routes', 'defaultModels', 'discovery.endpoints']) expect(restricted).toContain(`fairlead.${key}`);
  });
});

describe('commands in package.json', () => {
  it('are those of the table, all that are for people and no others', () => {
    const contributed = contributes.commands.map(({ command, title, category }) => ({ command, title, category }));
    const expected = rows.filter(({ internal }) => internal !== true).map(({ id, title }) => ({ command: id, title, category: CATEGORY }));
    expect(contributed).toEqual(expected);
  });

  it('are the only ones of ours that walkthrough and completion events name', () => {
    const named = [...JSON.stringify(contributes.walkthroughs).matchAll(/(?:command:|onCommand:)(fairlead\.\w+)/gu)].map(([, id]) => id);
    expect(named.length).toBeGreaterThan(0);
    const known = rows.map(({ id }) => id);
    for (const id of named) expect(known).toContain(id);
  });
});

describe('files that package.json names', () => {
  const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
  it.each([manifest.icon, ...steps.map(({ media }) => media.svg)])('%s is there', (file) => {
    expect(existsSync(`${ROOT}${file}`)).toBe(true);
  });
});

it('package.json is what scripts/manifest.mjs would write', () => {
  execFileSync(process.execPath, ['scripts/manifest.mjs', '--check'], { cwd: ROOT, stdio: 'pipe' });
});
