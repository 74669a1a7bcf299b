// How "Auto (economy)", "Auto (quality)" and "Auto (local only)" bend the order of the models that may serve. What the
// user named for the work stays before what he did not; a mode orders only where it is asked to.
import type { Rule } from '../../settings/settings';
import { costUsd } from '../spending/cost';
import type { PreferenceMode } from './running';
import { EXPECTED_OUTPUT_TOKENS } from './switching';
import type { Candidate, Reason, RouteRequest } from '../types';

export const MODE_NAMES: Readonly<Record<PreferenceMode, string>> = {
  economy: 'Auto (economy)',
  quality: 'Auto (quality)',
  local: 'Auto (local only)',
};

/** The choice of "local only" is a rule of the user's for this request: it holds wherever rules hold. */
const LOCAL_ONLY: Rule = { when: {}, require: 'local', label: MODE_NAMES.local, origin: 'user' };

export function rulesOfMode({ mode }: Pick<RouteRequest, 'mode'>): readonly Rule[] {
  return mode === 'local' ? [LOCAL_ONLY] : [];
}

/** Models in groups, the user's strongest word first; a model may stand in several. */
export interface Groups {
  /** By a `prefer` rule. */
  readonly preferred: readonly string[];
  readonly routeModels: readonly string[];
  readonly defaults: readonly string[];
  /** All, by habit. */
  readonly rest: readonly string[];
}

export interface Ordered {
  readonly groups: Groups;
  readonly reasons: readonly Reason[];
}

export function orderByMode(groups: Groups, eligible: readonly Candidate[], request: RouteRequest): Ordered {
  if (request.mode === 'economy') return byCost(groups, eligible, request);
  return request.mode === 'quality' ? byStrength(groups, eligible) : { groups, reasons: [] };
}

/** Each group by what this request is expected to cost; where that is equal or unknown, in the user's order. */
function byCost(groups: Groups, eligible: readonly Candidate[], { inputTokens }: RouteRequest): Ordered {
  const usage = { inputTokens, outputTokens: EXPECTED_OUTPUT_TOKENS };
  const costs = new Map(eligible.map((candidate) => [candidate.id, costUsd(candidate, usage)]));
  const sorted = (ids: readonly string[]): string[] => [...ids].sort((a, b) => compareUsd(costs.get(a), costs.get(b)));
  const ordered: Groups = {
    preferred: sorted(groups.preferred),
    routeModels: sorted(groups.routeModels),
    defaults: sorted(groups.defaults),
    rest: sorted(groups.rest),
  };
  const deciding = firstGroup(ordered);
  return { groups: ordered, reasons: [{ kind: 'economy', costs: deciding.map((model) => ({ model, usd: costs.get(model) })) }] };
}

function compareUsd(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0;
  return a === undefined ? 1 : b === undefined ? -1 : a - b;
}

/** Only what the user said nothing about: hosted before local, then the dearer, then the larger window. */
function byStrength(groups: Groups, eligible: readonly Candidate[]): Ordered {
  const byId = new Map(eligible.map((candidate) => [candidate.id, candidate]));
  const rest = [...groups.rest].sort((a, b) => compareStrength(byId.get(a), byId.get(b)));
  const named = groups.preferred.length + groups.routeModels.length + groups.defaults.length > 0;
  return { groups: { ...groups, rest }, reasons: [{ kind: 'quality', by: named ? 'your_order' : 'price_and_window' }] };
}

function compareStrength(a: Candidate | undefined, b: Candidate | undefined): number {
  const hosted = (one: Candidate | undefined): number => (one?.locality === 'hosted' ? 1 : 0);
  const price = (one: Candidate | undefined): number => one?.price?.output ?? 0;
  const window = (one: Candidate | undefined): number => one?.contextTokens ?? 0;
  return hosted(b) - hosted(a) || price(b) - price(a) || window(b) - window(a);
}

export function firstGroup({ preferred, routeModels, defaults, rest }: Groups): readonly string[] {
  return [preferred, routeModels, defaults].find((group) => group.length > 0) ?? rest;
}
