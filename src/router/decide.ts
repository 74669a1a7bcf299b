// THE decision: route, model, fallback order, runner-up, reasons. One synchronous pure function; scores, time
// and rules are inputs. It names a model whenever one candidate is eligible.
// Source of the two steps (match a policy, then look its model up): Arch-Router, arXiv 2506.16655, sec. 3.
import type { Rule } from '../settings/settings';
import { checkEligibility } from './eligibility';
import { matchRules, type GlobMatcher, type MatchedRules } from './rules';
import {
  OTHER,
  type Candidate,
  type Classification,
  type Confidence,
  type Decision,
  type Degradation,
  type Reason,
  type Route,
  type RouteRequest,
  type ScoredRoute,
  type Thresholds,
} from './types';

/** What the user wrote and what there is: everything a decision depends on besides the request. */
export interface Policy {
  readonly routes: readonly Route[];
  /** The same routes with the user's corrections as examples: for classifiers on this machine alone. */
  readonly taught?: readonly Route[];
  readonly candidates: readonly Candidate[];
  readonly rules: readonly Rule[];
  readonly defaultModels: readonly string[];
  readonly matches: GlobMatcher;
}

export type Unclassified = Extract<Reason, { kind: 'unclassified' }>['why'];

export interface Evidence {
  readonly classification: Classification | undefined;
  /** Why there is no classification. */
  readonly unclassified?: Unclassified;
  readonly degraded: readonly Degradation[];
}

export interface DecisionInput {
  readonly request: RouteRequest;
  readonly policy: Policy;
  readonly evidence: Evidence;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** For classifiers without a calibration of their own. */
const UNCALIBRATED: Thresholds = { one: 0.6, slate: 0.6 };
const SLATE_SIZE = 3;

export function decide({ request, policy, evidence, now }: DecisionInput): Decision {
  const found = readRoute(evidence.classification);
  const rules = matchRules({
    rules: policy.rules,
    request,
    route: found.route,
    alsoRoutes: found.alsoRoutes,
    matches: policy.matches,
  });
  const { eligible, refused } = checkEligibility(policy.candidates, request, rules.limiting);
  const order = orderModels({ request, policy, eligible, rules, route: found.route });
  return {
    id: request.id,
    at: now,
    surface: request.surface,
    route: found.route,
    probability: found.probability,
    confidence: found.confidence,
    runnerUp: found.runnerUp,
    routes: evidence.classification?.multi ?? (found.route === undefined ? [] : [found.route]),
    model: order.models[0],
    fallbacks: order.models.slice(1),
    reasons: [...routeReasons(evidence, found), ...ruleReasons(rules), ...order.reasons],
    refused,
    degraded: evidence.degraded,
    classifier: evidence.classification?.classifier,
    classifierMs: evidence.classification?.ms,
    localOnly: rules.localOnly,
    notes: evidence.classification?.notes ?? [],
  };
}

interface FoundRoute {
  readonly route: string | undefined;
  readonly probability: number | undefined;
  readonly confidence: Confidence;
  readonly runnerUp: ScoredRoute | undefined;
  /** Routes the request may also belong to; limits for them hold as well. */
  readonly alsoRoutes: readonly string[];
}

function readRoute(classification: Classification | undefined): FoundRoute {
  const [top, second] = classification?.distribution ?? [];
  if (!classification || !top) {
    return { route: undefined, probability: undefined, confidence: 'none', runnerUp: undefined, alsoRoutes: [] };
  }
  const confidence = confidenceOf(classification);
  const doubtful = confidence === 'one_route' ? [] : classification.distribution.slice(1, SLATE_SIZE).map(({ route }) => route);
  return {
    route: top.route,
    probability: top.probability,
    confidence,
    runnerUp: second,
    alsoRoutes: [...(classification.multi ?? []), ...doubtful],
  };
}

/** One route, a slate of the best three, or a question to the user, by the distribution's own calibration. */
export function confidenceOf({ distribution, thresholds = UNCALIBRATED }: Classification): Confidence {
  const best = distribution.slice(0, SLATE_SIZE).map(({ probability }) => probability);
  if ((best[0] ?? 0) >= thresholds.one) return 'one_route';
  return best.reduce((sum, probability) => sum + probability, 0) >= thresholds.slate ? 'slate' : 'ask';
}

interface OrderInput {
  readonly request: RouteRequest;
  readonly policy: Policy;
  readonly eligible: readonly Candidate[];
  readonly rules: MatchedRules;
  readonly route: string | undefined;
}

interface Order {
  readonly models: readonly string[];
  readonly reasons: readonly Reason[];
}

function orderModels({ request, policy, eligible, rules, route }: OrderInput): Order {
  if (eligible.length === 0) return { models: [], reasons: [{ kind: 'none_eligible' }] };
  const may = new Set(eligible.map((candidate) => candidate.id));
  if (request.pinned !== undefined) return pinnedOrder(request.pinned, may);
  const preferred = rules.preferring.flatMap((rule) => rule.prefer ?? []).filter((id) => may.has(id));
  const wanted = policy.routes.find((known) => known.name === route);
  const routeModels = (wanted?.models ?? []).filter((id) => may.has(id));
  const defaults = policy.defaultModels.filter((id) => may.has(id));
  const rest = byHabit(eligible).map((candidate) => candidate.id);
  const models = [...new Set([...preferred, ...routeModels, ...defaults, ...rest])];
  return { models, reasons: orderReasons({ preferred, routeModels, defaults, wanted }) };
}

/** A model the user named is used or nothing is: never another one silently. */
function pinnedOrder(pinned: string, may: ReadonlySet<string>): Order {
  return may.has(pinned)
    ? { models: [pinned], reasons: [{ kind: 'pinned', model: pinned }] }
    : { models: [], reasons: [{ kind: 'pinned', model: pinned }, { kind: 'none_eligible' }] };
}

/** Without a word from the user: local before hosted, configured before discovered, larger window first. */
function byHabit(candidates: readonly Candidate[]): Candidate[] {
  const rank = (candidate: Candidate): number =>
    (candidate.locality === 'local' ? 0 : 2) + (candidate.origin === 'settings' ? 0 : 1);
  return [...candidates].sort((a, b) => rank(a) - rank(b) || (b.contextTokens ?? 0) - (a.contextTokens ?? 0));
}

interface OrderParts {
  readonly preferred: readonly string[];
  readonly routeModels: readonly string[];
  readonly defaults: readonly string[];
  readonly wanted: Route | undefined;
}

function orderReasons({ preferred, routeModels, defaults, wanted }: OrderParts): Reason[] {
  const refusedAll: Reason[] =
    wanted && wanted.models.length > 0 && routeModels.length === 0
      ? [{ kind: 'route_models_refused', route: wanted.name }]
      : [];
  if (preferred.length > 0) return refusedAll; // the rule itself is already among the reasons
  if (wanted && routeModels.length > 0) return [{ kind: 'route_models', route: wanted.name }];
  return [...refusedAll, { kind: defaults.length > 0 ? 'default_models' : 'any_model' }];
}

function routeReasons(evidence: Evidence, found: FoundRoute): Reason[] {
  const { classification } = evidence;
  if (!classification || found.route === undefined || found.probability === undefined) {
    return [{ kind: 'unclassified', why: evidence.unclassified ?? 'no_classifier' }];
  }
  const { route, probability } = found;
  const { classifier } = classification;
  return [route === OTHER ? { kind: 'other', probability, classifier } : { kind: 'route', route, probability, classifier }];
}

function ruleReasons(rules: MatchedRules): Reason[] {
  const limits = rules.limiting.map(
    (rule): Reason => ({ kind: 'rule', rule: rule.label, effect: rule.require === undefined ? 'exclude' : 'require' }),
  );
  const preferences = rules.preferring.map((rule): Reason => ({ kind: 'rule', rule: rule.label, effect: 'prefer' }));
  return [...limits, ...preferences];
}
