// THE decision: route, model, fallback order, runner-up, reasons. One synchronous pure function; scores, time
// and rules are inputs. It names a model whenever one candidate is eligible.
// Source of the two steps (match a policy, then look its model up): Arch-Router, arXiv 2506.16655, sec. 3.
import type { Rule } from '../../settings/settings';
import { checkEligibility } from './eligibility';
import type { Resting } from '../running/health';
import { orderModels, type Order } from './order';
import { keptHere, readersFirst, secretReasons, type PrivacyPolicy } from '../privacy/privacy';
import { matchRules, type GlobMatcher, type MatchedRules } from './rules';
import {
  OTHER,
  type Candidate,
  type CapUse,
  type Classification,
  type Confidence,
  type Decision,
  type Degradation,
  type Reason,
  type RefusedCandidate,
  type Route,
  type RouteRequest,
  type ScoredRoute,
  type Thresholds,
} from '../types';

/** What the user wrote and what there is: everything a decision depends on besides the request. */
export interface Policy {
  readonly routes: readonly Route[];
  /** The same routes with the user's corrections as examples: for classifiers on this machine alone. */
  readonly taught?: readonly Route[];
  readonly candidates: readonly Candidate[];
  readonly rules: readonly Rule[];
  readonly defaultModels: readonly string[];
  readonly matches: GlobMatcher;
  /** Models that are not worth asking now; none when left out. */
  readonly resting?: Resting;
  /** Budgets that are used up; none when left out. */
  readonly spent?: readonly CapUse[];
  /** Files that are never sent, and secrets; nothing is kept when left out. */
  readonly privacy?: PrivacyPolicy;
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
  const { privacy, spent = [] } = policy;
  const { eligible, refused } = checkEligibility(policy.candidates, request, { rules: rules.limiting, spent, privacy });
  const order = inPrivacy(orderModels({ request, policy, eligible, rules, route: found.route, confidence: found.confidence, now }), request, policy);
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
    reasons: [...routeReasons(evidence, found), ...ruleReasons(rules), ...order.reasons, ...budgetReasons(refused)],
    refused,
    degraded: evidence.degraded,
    classifier: evidence.classification?.classifier,
    classifierMs: evidence.classification?.ms,
    localOnly: rules.localOnly || keptHere(refused),
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

/** Models that may read everything come first, and the decision says what others would not get. */
function inPrivacy({ models, reasons }: Order, request: RouteRequest, { candidates, privacy }: Policy): Order {
  const known = models.flatMap((id) => candidates.find((candidate) => candidate.id === id) ?? []);
  const order = request.pinned === undefined ? readersFirst(known, request, privacy) : { models: known, reasons: [] };
  const secrets = secretReasons(order.models[0], request, privacy);
  return { models: order.models.map(({ id }) => id), reasons: [...reasons, ...order.reasons, ...secrets] };
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

/** Once a cap, however many models it stops. */
function budgetReasons(refused: readonly RefusedCandidate[]): Reason[] {
  const caps = refused.flatMap(({ refusals }) => refusals.flatMap((refusal) => (refusal.kind === 'budget' ? [refusal.cap] : [])));
  return [...new Set(caps)].map((cap): Reason => ({ kind: 'budget', cap }));
}
