// Which rules hold for a request, and what they ask for together.
// For each file of the request, in each layer (user, workspace), the first matching rule that requires or
// excludes counts, and the first that prefers; what they require and exclude all holds, so a workspace can
// only narrow and one harmless file cannot open the door for another. Rules of privacy fail closed: where the
// route is not known, a rule about routes is taken to match.
import type { Rule } from '../../settings/settings';
import { rulesOfMode } from './preference-modes';
import type { Candidate, RouteRequest } from '../types';

/** True when some of what the model gets would leave this machine. */
export function leavesMachine({ locality, endpoints }: Pick<Candidate, 'locality' | 'endpoints'>): boolean {
  return locality !== 'local' || endpoints?.some((one) => one.locality !== 'local') === true;
}

/** Tells whether a workspace-relative path matches one of the globs. */
export type GlobMatcher = (globs: readonly string[], path: string) => boolean;

export interface MatchedRules {
  readonly limiting: readonly Rule[];
  readonly preferring: readonly Rule[];
  /** True when one of them keeps the request on this machine. */
  readonly localOnly: boolean;
}

export interface RuleContext {
  readonly rules: readonly Rule[];
  readonly request: RouteRequest;
  /** Route name, `other`, or undefined when nothing was classified. */
  readonly route: string | undefined;
  /** Routes the request may also belong to; a limit for any of them holds for the whole. */
  readonly alsoRoutes: readonly string[];
  readonly matches: GlobMatcher;
}

export function matchRules(context: RuleContext): MatchedRules {
  const files: readonly (string | undefined)[] = context.request.paths.length > 0 ? context.request.paths : [undefined];
  const limiting = new Set<Rule>();
  const preferring = new Set<Rule>();
  for (const origin of ['user', 'workspace'] as const) {
    const layer = context.rules.filter((rule) => rule.origin === origin);
    for (const file of files) {
      const limit = layer.find((rule) => isLimiting(rule) && appliesToFile(rule, file, context));
      const preference = layer.find((rule) => rule.prefer && appliesToFile(rule, file, context));
      if (limit) limiting.add(limit);
      if (preference) preferring.add(preference);
    }
  }
  for (const rule of rulesOfMode(context.request)) limiting.add(rule);
  return { limiting: [...limiting], preferring: [...preferring], localOnly: [...limiting].some(keepsLocal) };
}

/** True when everything of these folders stays here, whatever is asked: then nobody elsewhere is even looked for. */
export function keepsAllHere({ rules, workspace, matches }: { readonly rules: readonly Rule[]; readonly workspace: readonly string[]; readonly matches: GlobMatcher }): boolean {
  return rules.some((rule) => {
    const { workspace: folders, ...others } = rule.when;
    const always = Object.values(others).every((condition) => condition === undefined);
    return keepsLocal(rule) && always && (!folders || workspace.some((name) => matches(folders, name)));
  });
}

function isLimiting(rule: Rule): boolean {
  return rule.require !== undefined || rule.exclude !== undefined;
}

function keepsLocal(rule: Rule): boolean {
  return rule.require === 'local' || rule.exclude === 'hosted';
}

function appliesToFile(rule: Rule, file: string | undefined, context: RuleContext): boolean {
  const { path, language, surface } = rule.when;
  if (path && (file === undefined || !context.matches(path, file))) return false;
  if (language && !context.request.languages.some((id) => language.includes(id))) return false;
  if (surface && !surface.includes(context.request.surface)) return false;
  return appliesToWorkspace(rule, context) && appliesToSecrets(rule, context) && appliesToRoute(rule, context);
}

function appliesToWorkspace(rule: Rule, { request, matches }: RuleContext): boolean {
  const { workspace } = rule.when;
  if (!workspace) return true;
  return request.workspace === undefined ? keepsLocal(rule) : request.workspace.some((name) => matches(workspace, name));
}

function appliesToSecrets(rule: Rule, { request: { secrets } }: RuleContext): boolean {
  if (!rule.when.secret) return true;
  return secrets === undefined ? keepsLocal(rule) : secrets.length > 0;
}

function appliesToRoute(rule: Rule, { route, alsoRoutes }: RuleContext): boolean {
  if (!rule.when.route) return true;
  if (route === undefined) return keepsLocal(rule);
  const routes = isLimiting(rule) ? [route, ...alsoRoutes] : [route];
  return rule.when.route.some((name) => routes.includes(name));
}

export interface BrokenRule {
  readonly rule: Rule;
  readonly kind: 'not_local' | 'not_required' | 'excluded';
}

/** The limits that a candidate breaks. */
export function brokenRules(candidate: Candidate, limiting: readonly Rule[]): BrokenRule[] {
  return limiting.flatMap((rule) => {
    const kind = brokenKind(candidate, rule);
    return kind ? [{ rule, kind }] : [];
  });
}

function brokenKind(candidate: Candidate, rule: Rule): BrokenRule['kind'] | undefined {
  if (keepsLocal(rule) && leavesMachine(candidate)) return 'not_local';
  if (Array.isArray(rule.require) && !rule.require.includes(candidate.id)) return 'not_required';
  if (Array.isArray(rule.exclude) && rule.exclude.includes(candidate.id)) return 'excluded';
  return undefined;
}
