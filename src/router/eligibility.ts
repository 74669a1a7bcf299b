// Which candidates may serve a request at all, and why the others may not. Unknown facts do not exclude.
import type { Rule } from '../settings/settings';
import { brokenRules, matchRules, type GlobMatcher } from './rules';
import type { Candidate, RefusedCandidate, Refusal, RouteRequest } from './types';

/** Tokens kept free for the answer when the model's own limit is unknown. */
const ANSWER_RESERVE_TOKENS = 512;

export interface Eligibility {
  readonly eligible: readonly Candidate[];
  readonly refused: readonly RefusedCandidate[];
}

export function checkEligibility(
  candidates: readonly Candidate[],
  request: RouteRequest,
  limiting: readonly Rule[],
): Eligibility {
  const eligible: Candidate[] = [];
  const refused: RefusedCandidate[] = [];
  for (const candidate of candidates) {
    const refusals = refusalsOf(candidate, request, limiting);
    if (refusals.length === 0) eligible.push(candidate);
    else refused.push({ model: candidate.id, refusals });
  }
  return { eligible, refused };
}

function refusalsOf(candidate: Candidate, request: RouteRequest, limiting: readonly Rule[]): Refusal[] {
  return [
    ...brokenRules(candidate, limiting).map(({ rule, kind }): Refusal => ({ kind, rule: rule.label })),
    ...availability(candidate),
    ...contextRefusal(candidate, request),
    ...capabilityRefusals(candidate, request),
  ];
}

function availability(candidate: Candidate): Refusal[] {
  return candidate.unavailable === undefined ? [] : [{ kind: 'unavailable', detail: candidate.unavailable }];
}

function contextRefusal(candidate: Candidate, request: RouteRequest): Refusal[] {
  if (candidate.contextTokens === undefined) return [];
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

export interface Allowed {
  readonly rules: readonly Rule[];
  readonly matches: GlobMatcher;
  readonly request: RouteRequest;
  /** Routes that were decided earlier in this conversation. */
  readonly routes: readonly string[];
}

/** Whether a model chosen earlier may go on with what the conversation holds by now, such as files a tool has read. */
export function mayGoOn(candidate: Candidate, { rules, matches, request, routes }: Allowed): boolean {
  const [route, ...alsoRoutes] = routes;
  const { limiting } = matchRules({ rules, request, route, alsoRoutes, matches });
  return checkEligibility([candidate], request, limiting).eligible.length === 1;
}
