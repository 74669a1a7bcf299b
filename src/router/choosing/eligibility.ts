// Which candidates may serve a request at all, and why the others may not. Unknown facts do not exclude.
import type { Rule } from '../../settings/settings';
import { mayCost } from '../spending/cost';
import { brokenRules, matchRules, type GlobMatcher } from './rules';
import { privacyRefusals, type PrivacyLimits } from '../privacy/privacy';
import type { Candidate, CapUse, RefusedCandidate, Refusal, RouteRequest } from '../types';

/** Tokens kept free for the answer when the model's own limit is unknown. */
const ANSWER_RESERVE_TOKENS = 512;

export interface Eligibility {
  readonly eligible: readonly Candidate[];
  readonly refused: readonly RefusedCandidate[];
}

export interface Limits extends PrivacyLimits {
  /** Rules that require or exclude. */
  readonly rules: readonly Rule[];
  /** Caps that are used up: nothing that may cost money is asked. */
  readonly spent: readonly CapUse[];
}

export function checkEligibility(candidates: readonly Candidate[], request: RouteRequest, limits: Limits): Eligibility {
  const eligible: Candidate[] = [];
  const refused: RefusedCandidate[] = [];
  for (const candidate of candidates) {
    const refusals = refusalsOf(candidate, request, limits);
    if (refusals.length === 0) eligible.push(candidate);
    else refused.push({ model: candidate.id, refusals });
  }
  return { eligible, refused };
}

function refusalsOf(candidate: Candidate, request: RouteRequest, { rules, spent, ...privacy }: Limits): Refusal[] {
  return [
    ...brokenRules(candidate, rules).map(({ rule, kind }): Refusal => ({ kind, rule: rule.label })),
    ...privacyRefusals(candidate, request, privacy),
    ...availability(candidate, request),
    ...budgetRefusals(candidate, spent),
    ...contextRefusal(candidate, request),
    ...capabilityRefusals(candidate, request),
  ];
}

function availability({ unavailable, completesOnly }: Candidate, { surface }: RouteRequest): Refusal[] {
  if (unavailable !== undefined) return [{ kind: 'unavailable', detail: unavailable }];
  return completesOnly === true && surface !== 'inline' ? [{ kind: 'unavailable', detail: 'it completes code and cannot chat' }] : [];
}

function budgetRefusals(candidate: Candidate, spent: readonly CapUse[]): Refusal[] {
  return mayCost(candidate) ? spent.map((cap): Refusal => ({ kind: 'budget', cap })) : [];
}

function contextRefusal(candidate: Candidate, request: RouteRequest): Refusal[] {
  // The prompt of ghost text is cut to the window of the model that is asked.
  if (candidate.contextTokens === undefined || request.surface === 'inline') return [];
  const needsTokens = request.inputTokens + Math.min(ANSWER_RESERVE_TOKENS, Math.floor(candidate.contextTokens / 8));
  return needsTokens <= candidate.contextTokens
    ? []
    : [{ kind: 'context', needsTokens, hasTokens: candidate.contextTokens }];
}

function capabilityRefusals(candidate: Candidate, request: RouteRequest): Refusal[] {
  if (!candidate.capabilitiesKnown) return [];
  return request.needs
    .filter((need) => !candidate.capabilities.includes(need))
    .map((missing): Refusal => ({ kind: 'capability', missing }));
}

export interface Allowed extends PrivacyLimits {
  readonly rules: readonly Rule[];
  readonly matches: GlobMatcher;
  readonly request: RouteRequest;
  /** Routes that were decided earlier in this conversation. */
  readonly routes: readonly string[];
  /** Caps that are used up by now. */
  readonly spent?: readonly CapUse[];
}

/** Whether a model chosen earlier may go on with what the conversation holds by now, such as files a tool has read. */
export function mayGoOn(candidate: Candidate, { rules, matches, request, routes, spent = [], privacy }: Allowed): boolean {
  const [route, ...alsoRoutes] = routes;
  const { limiting } = matchRules({ rules, request, route, alsoRoutes, matches });
  return checkEligibility([candidate], request, { rules: limiting, spent, privacy }).eligible.length === 1;
}
