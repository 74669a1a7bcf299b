// Privacy beyond the rules, before a model is chosen: files that are never sent, and secrets. What really leaves is
// held to the same once more when it leaves (outgoing.ts).
import type { NeverSend } from '../../settings/never-send';
import { neverSent, type NeverSent } from './never-sent';
import { leavesMachine, type GlobMatcher } from '../choosing/rules';
import type { Candidate, Reason, RefusedCandidate, Refusal, RouteRequest } from '../types';

export interface PrivacyLimits {
  /** Nothing is kept when left out: for callers that speak to no hosted model. */
  readonly privacy?: PrivacyPolicy | undefined;
}

export interface PrivacyPolicy {
  readonly neverSend: NeverSend;
  /** What becomes of secrets: `block` refuses hosted models, `replace` leaves the rest to the way out. */
  readonly secrets: 'replace' | 'block' | 'off';
  readonly matches: GlobMatcher;
}

/** Files without whose text nothing is left of the request; others are left out on the way to a hosted model. */
function essential({ surface, paths }: RouteRequest): readonly string[] {
  if (surface === 'inline') return paths.slice(0, 1);
  return surface === 'utility' || surface === 'cli' ? paths : [];
}

export function privacyRefusals(candidate: Candidate, request: RouteRequest, { privacy }: PrivacyLimits): Refusal[] {
  if (!privacy || !leavesMachine(candidate)) return [];
  const kept = firstNeverSent(essential(request), privacy);
  return [...(kept ? [{ kind: 'never_sent' as const, ...kept }] : []), ...secretRefusals(request, privacy)];
}

/** A request whose texts nobody could look through is taken to hold a secret. */
function secretRefusals({ surface, secrets }: RouteRequest, privacy: PrivacyPolicy): Refusal[] {
  if (privacy.secrets === 'off') return [];
  if (secrets === undefined) return [{ kind: 'secret', found: [] }];
  // Nobody can be asked while typing, and a placeholder beside the cursor completes badly.
  const blocks = privacy.secrets === 'block' || surface === 'inline';
  return blocks && secrets.length > 0 ? [{ kind: 'secret', found: secrets }] : [];
}

export function firstNeverSent(paths: readonly string[], privacy: PrivacyPolicy): NeverSent | undefined {
  for (const path of paths) {
    const found = neverSent(path, privacy);
    if (found) return found;
  }
  return undefined;
}

/** True when a file or a secret, not only a rule, kept a model from the request. */
export function keptHere(refused: readonly RefusedCandidate[]): boolean {
  return refused.some(({ refusals }) => refusals.some(({ kind }) => kind === 'never_sent' || kind === 'secret'));
}

export interface ReadersFirst {
  readonly models: readonly Candidate[];
  readonly reasons: readonly Reason[];
}

/** Where a file is attached that hosted models do not get, those that may read it come first. */
export function readersFirst(models: readonly Candidate[], request: RouteRequest, privacy: PrivacyPolicy | undefined): ReadersFirst {
  const kept = privacy && request.surface === 'chat' ? firstNeverSent(request.paths, privacy) : undefined;
  const readers = models.filter((candidate) => !leavesMachine(candidate));
  if (!kept || readers.length === 0) return { models, reasons: [] };
  return { models: [...readers, ...models.filter(leavesMachine)], reasons: [{ kind: 'never_sent', ...kept }] };
}

/** What happens to the secrets of a request if a hosted model gets it. */
export function secretReasons(chosen: Candidate | undefined, { secrets = [] }: RouteRequest, privacy: PrivacyPolicy | undefined): Reason[] {
  if (!privacy || privacy.secrets === 'off' || secrets.length === 0) return [];
  return [{ kind: 'secret', found: secrets, then: chosen && leavesMachine(chosen) ? 'replaced' : 'kept' }];
}
