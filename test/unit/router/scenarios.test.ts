import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCandidates } from '../../../src/adapters/candidates';
import { createGlobMatcher } from '../../../src/adapters/globs';
import { inlinePolicy } from '../../../src/completion/candidates';
import { createLexicalClassifier } from '../../../src/router/lexical';
import { createConversationMemory } from '../../../src/router/memory';
import { reasonText } from '../../../src/router/explain';
import { createRouter } from '../../../src/router/route';
import type { Pace } from '../../../src/router/choosing/pace';
import type { PreferenceMode, Running } from '../../../src/router/choosing/running';
import type { Rest } from '../../../src/router/running/health';
import type { Capability, CapUse, Decision, RouteRequest, Surface } from '../../../src/router/types';
import { parseSettings } from '../../../src/settings/parse';

interface Case {
  name: string;
  text?: string;
  surface?: Surface;
  paths?: string[];
  languages?: string[];
  needs?: Capability[];
  inputTokens?: number;
  pinned?: string;
  mode?: PreferenceMode;
  running?: Running;
  pace?: Partial<Pace>;
  /** More settings of the user's. */
  user?: Record<string, unknown>;
  /** Name, path and address of each open folder. */
  folders?: string[];
  /** What a search for secrets found; null where nobody could look. */
  secrets?: { kind: string; count: number }[] | null;
  workspace?: Record<string, unknown>;
  /** Models that rest, from midnight of 1970 on. */
  resting?: Record<string, Rest>;
  /** Budgets that are used up. */
  spent?: CapUse[];
  expect: {
    route?: string | null;
    model?: string | null;
    localOnly?: boolean;
    fallbacks?: string[];
    reasons?: string[];
    /** Part of the reasons in words. */
    says?: string;
    refused?: Record<string, string[]>;
    endpointOf?: Record<string, string>;
    problems?: string[];
  };
}

interface Scenario {
  about: string;
  settings: Record<string, unknown>;
  cases: Case[];
}

const folder = join(import.meta.dirname, '../../scenarios');
const clock = { now: () => 0 };

for (const file of readdirSync(folder)) {
  const scenario = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Scenario;
  describe(`${file}: ${scenario.about}`, () => {
    it.each(scenario.cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
      const { settings, problems } = parseSettings((key) => ({
        user: one.user?.[`fairlead.${key}`] ?? scenario.settings[`fairlead.${key}`],
        workspace: one.workspace?.[`fairlead.${key}`],
      }));
      const candidates = buildCandidates({ models: settings.models, discovered: [], vscode: [] });
      const matches = createGlobMatcher();
      const privacy = { neverSend: settings.neverSend, secrets: settings.secrets === 'ask' || settings.secrets === 'redact' ? 'replace' : settings.secrets, matches } as const;
      const now = { resting: new Map(Object.entries(one.resting ?? {})), spent: one.spent ?? [] };
      const models = one.surface === 'inline' ? inlinePolicy(settings, candidates) : { candidates };
      const decision = await decideCase(one, { ...settings, ...models, matches, privacy, ...now });
      check(one, decision);
      for (const [id, endpoint] of Object.entries(one.expect.endpointOf ?? {})) {
        expect(candidates.find((candidate) => candidate.id === id)?.endpoint).toBe(endpoint);
      }
      expect(problems.map((problem) => problem.setting)).toEqual(one.expect.problems ?? []);
    });
  });
}

async function decideCase(one: Case, policy: Parameters<ReturnType<typeof createRouter>['route']>[1]): Promise<Decision> {
  const router = createRouter({
    classifiers: () => [createLexicalClassifier(clock)],
    memory: createConversationMemory(),
    clock,
    sink: () => undefined,
  });
  const request: RouteRequest = {
    id: 'd1',
    surface: one.surface ?? 'chat',
    turns: one.text === undefined ? [] : [{ role: 'user', text: one.text }],
    inputTokens: one.inputTokens ?? 500,
    needs: one.needs ?? [],
    paths: one.paths ?? [],
    languages: one.languages ?? [],
    workspace: one.folders ?? [],
    ...(one.secrets === null ? {} : { secrets: one.secrets ?? [] }),
    ...(one.pinned === undefined ? {} : { pinned: one.pinned }),
    ...(one.mode === undefined ? {} : { mode: one.mode }),
    ...(one.running === undefined ? {} : { running: one.running }),
    ...(one.pace === undefined ? {} : { pace: { onBattery: false, firstTextMs: {}, proven: [], ...one.pace } }),
  };
  return one.surface === 'inline'
    ? router.routeNow(request, policy)
    : router.route(request, policy, new AbortController().signal);
}

function check({ expect: wanted }: Case, decision: Decision): void {
  if (wanted.route !== undefined) expect(decision.route ?? null).toBe(wanted.route);
  if (wanted.model !== undefined) expect(decision.model ?? null).toBe(wanted.model);
  if (wanted.localOnly !== undefined) expect(decision.localOnly).toBe(wanted.localOnly);
  if (wanted.fallbacks) expect(decision.fallbacks).toEqual(wanted.fallbacks);
  if (wanted.reasons) expect(decision.reasons.map((reason) => reason.kind)).toEqual(wanted.reasons);
  if (wanted.says) expect(decision.reasons.map((reason) => reasonText(reason, 0)).join('; ')).toContain(wanted.says);
  for (const [model, kinds] of Object.entries(wanted.refused ?? {})) {
    const refused = decision.refused.find((one) => one.model === model);
    expect(refused?.refusals.map((refusal) => refusal.kind)).toEqual(kinds);
  }
}
