// In which order the models that may serve are tried: the user's words first, strongest first, then habit; bent by the
// mode the user picked, held by what a running conversation has cached, and past models that rest.
import { passOverResting, type Resting } from '../running/health';
import { orderByPace } from './pace-order';
import { firstGroup, orderByMode, type Groups } from './preference-modes';
import type { MatchedRules } from './rules';
import type { SwitchReason } from './running';
import { weighSwitch, type Grounds } from './switching';
import type { Candidate, Confidence, Reason, Route, RouteRequest } from '../types';

export interface Preferences {
  readonly routes: readonly Route[];
  readonly defaultModels: readonly string[];
  readonly resting?: Resting;
}

export interface OrderInput {
  readonly request: RouteRequest;
  readonly policy: Preferences;
  readonly eligible: readonly Candidate[];
  readonly rules: Pick<MatchedRules, 'preferring'>;
  readonly route: string | undefined;
  readonly confidence: Confidence;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Order {
  readonly models: readonly string[];
  readonly reasons: readonly Reason[];
}

export function orderModels(input: OrderInput): Order {
  const { request, policy, eligible } = input;
  if (eligible.length === 0) return { models: [], reasons: [{ kind: 'none_eligible' }] };
  if (request.pinned !== undefined) return pinnedOrder(request.pinned, eligible);
  const wanted = policy.routes.find((known) => known.name === input.route);
  const paced = orderByPace(groupsOf(input, wanted), eligible, request);
  const { groups, reasons } = orderByMode(paced.groups, eligible, request);
  const wishes = [...new Set([...groups.preferred, ...groups.routeModels, ...groups.defaults, ...groups.rest])];
  const switching = switchReason(input, groups, wishes[0]);
  const kept = switching?.verdict === 'stay' ? [switching.from, ...wishes.filter((id) => id !== switching.from)] : wishes;
  const passed = passOverResting(kept, policy.resting ?? new Map());
  return { models: passed.models, reasons: [...groupReasons(groups, wanted), ...paced.reasons, ...reasons, ...(switching ? [switching] : []), ...passed.reasons] };
}

/** A model the user named is used or nothing is: never another one silently. */
function pinnedOrder(pinned: string, eligible: readonly Candidate[]): Order {
  return eligible.some(({ id }) => id === pinned)
    ? { models: [pinned], reasons: [{ kind: 'pinned', model: pinned }] }
    : { models: [], reasons: [{ kind: 'pinned', model: pinned }, { kind: 'none_eligible' }] };
}

function groupsOf({ policy, eligible, rules }: OrderInput, wanted: Route | undefined): Groups {
  const may = new Set(eligible.map(({ id }) => id));
  return {
    preferred: rules.preferring.flatMap((rule) => rule.prefer ?? []).filter((id) => may.has(id)),
    routeModels: (wanted?.models ?? []).filter((id) => may.has(id)),
    defaults: policy.defaultModels.filter((id) => may.has(id)),
    rest: byHabit(eligible).map(({ id }) => id),
  };
}

/** Without a word from the user: local before hosted, configured before discovered, larger window first. */
function byHabit(candidates: readonly Candidate[]): Candidate[] {
  const rank = (candidate: Candidate): number =>
    (candidate.locality === 'local' ? 0 : 2) + (candidate.origin === 'settings' ? 0 : 1);
  return [...candidates].sort((a, b) => rank(a) - rank(b) || (b.contextTokens ?? 0) - (a.contextTokens ?? 0));
}

function switchReason(input: OrderInput, groups: Groups, top: string | undefined): SwitchReason | undefined {
  const { request, eligible, confidence, now } = input;
  const { running, inputTokens: promptTokens } = request;
  const wanted = eligible.find(({ id }) => id === top);
  if (!running || !wanted) return undefined;
  const current = eligible.find(({ id }) => id === running.model);
  return weighSwitch({ running, current, wanted, grounds: groundsOf(input, groups, wanted.id), confidence, promptTokens, now });
}

/** Economy weighs cost among models that the user's word holds equal; in doubt about the work nothing is weighed. */
function groundsOf(input: OrderInput, groups: Groups, top: string): Grounds {
  const law = lawOf(input, groups, top);
  const { request, confidence } = input;
  if (request.mode !== 'economy' || (law === 'your_models' && confidence !== 'one_route')) return law;
  const equal = firstGroup(groups).includes(request.running?.model ?? '');
  return law === 'habit' || equal ? 'cost' : law;
}

/** A rule about routes is as sure as the route is; one about files or languages is sure. */
function lawOf({ rules }: OrderInput, groups: Groups, top: string): Grounds {
  if (!groups.preferred.includes(top)) return groups.routeModels.includes(top) ? 'your_models' : 'habit';
  const aboutRoute = rules.preferring.some(({ prefer, when }) => when.route !== undefined && prefer?.includes(top) === true);
  return aboutRoute ? 'your_models' : 'your_rule';
}

function groupReasons({ preferred, routeModels, defaults }: Groups, wanted: Route | undefined): Reason[] {
  const refusedAll: Reason[] =
    wanted && wanted.models.length > 0 && routeModels.length === 0
      ? [{ kind: 'route_models_refused', route: wanted.name }]
      : [];
  if (preferred.length > 0) return refusedAll; // the rule itself is already among the reasons
  if (wanted && routeModels.length > 0) return [{ kind: 'route_models', route: wanted.name }];
  return [...refusedAll, { kind: defaults.length > 0 ? 'default_models' : 'any_model' }];
}
