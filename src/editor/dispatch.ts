// From a surface to the router and on to a backend: the same two steps for chat, agents and ghost text.
import type * as vscode from 'vscode';
import type { Resting } from '../router/running/health';
import { mayGoOn } from '../router/choosing/eligibility';
import type { Policy } from '../router/choosing/decide';
import { toClassifierInput } from '../router/conversation';
import type { FimExtra } from '../router/ports';
import type { Router } from '../router/route';
import type { Candidate, RouteRequest, Surface } from '../router/types';
import { inlinePolicy } from '../completion/candidates';
import type { Corrections } from './corrections';
import type { Pool } from './pool';
import type { Agreed, Privacy } from './privacy';
import { createRuns, type Runs, type RunsDeps } from './runs';
import type { SettingsStore } from './settings-store';

export interface DispatchDeps extends RunsDeps {
  readonly router: Router;
  readonly pool: Pool;
  readonly settings: SettingsStore;
  readonly corrections: Corrections;
  readonly privacy: Privacy;
}

export type Routed = Agreed;

export interface Earlier {
  readonly routes: readonly string[];
  readonly resource: vscode.Uri | undefined;
}

export interface Dispatch extends Pick<Runs, 'run' | 'fill'> {
  decide(request: RouteRequest, resource: vscode.Uri | undefined, signal: AbortSignal): Promise<Routed>;
  /** The request with what rules of privacy have to know; `decideNow` keeps one here that has not been searched. */
  searched(request: RouteRequest, resource: vscode.Uri | undefined, signal: AbortSignal): Promise<RouteRequest>;
  /** Text of other files for ghost text, without what holds a secret where the text may go to a hosted model. */
  withoutSecrets(extra: readonly FimExtra[], resource: vscode.Uri | undefined, signal: AbortSignal): Promise<readonly FimExtra[]>;
  decideNow(request: RouteRequest, resource: vscode.Uri | undefined): Routed;
  /** The models of an earlier decision that may go on with what the conversation holds by now, in their order. */
  goOn(models: readonly string[], request: RouteRequest, earlier: Earlier, signal: AbortSignal): Promise<Routed['candidates']>;
  /** Models that are not asked now, and until when. */
  readonly resting: () => Resting;
  /** Every known model as it may serve a surface. */
  candidates(surface: Surface): readonly Candidate[];
  /** Resolves when the models are known; at once except just after the start or a change of settings. */
  ready(signal: AbortSignal): Promise<void>;
  /** Looks for models again. */
  look(): Promise<void>;
}

export function createDispatch(deps: DispatchDeps): Dispatch {
  const { router, pool, settings, corrections, privacy, resilience, budget } = deps;
  const { matches } = privacy.outgoing;
  const runs = createRuns(deps);
  const candidates = (surface: Surface): readonly Candidate[] => pool.candidates().map((one) => forSurface(one, surface));

  function policyFor({ surface, conversation }: Pick<RouteRequest, 'surface' | 'conversation'>, resource: vscode.Uri | undefined): Policy {
    const wanted = settings.for(resource);
    const { routes, rules } = wanted;
    const all = candidates(surface);
    const models = surface === 'inline' ? inlinePolicy(wanted, all) : { candidates: all, defaultModels: wanted.defaultModels };
    const now = { resting: resilience.resting(models.candidates), spent: budget.state(conversation).stops };
    return { routes, taught: corrections.applied(routes), rules, ...models, matches, privacy: privacy.policyFor(resource), ...now };
  }

  return {
    candidates,
    ready: pool.ready,
    look: async () => {
      await pool.refresh();
    },
    decide: async (request, resource, signal) => {
      await Promise.all([pool.ready(signal), budget.ready(signal)]);
      runs.belongs(request);
      const policy = policyFor(request, resource);
      const known = await privacy.searched(request, policy, signal);
      const decision = await router.route(known, policy, signal);
      corrections.heard(decision.id, toClassifierInput(request.turns, undefined, [])?.text);
      return privacy.agreed({ decision, candidates: policy.candidates }, known, signal);
    },
    searched: (request, resource, signal) => privacy.searched(request, policyFor(request, resource), signal),
    withoutSecrets: (extra, resource, signal) => privacy.withoutSecrets(extra, policyFor({ surface: 'inline' }, resource), signal),
    decideNow: (request, resource) => {
      const policy = policyFor(request, resource);
      return { decision: router.routeNow(request, policy), candidates: policy.candidates };
    },
    goOn: async (models, asked, { routes, resource }, signal) => {
      const policy = policyFor(asked, resource);
      const request = await privacy.searched(asked, policy, signal);
      return models.flatMap((id) => {
        const candidate = policy.candidates.find((one) => one.id === id);
        return candidate && mayGoOn(candidate, { ...policy, request, routes }) ? [candidate] : [];
      });
    },
    resting: () => resilience.resting(pool.candidates()),
    run: runs.run,
    fill: runs.fill,
  };
}

/** VS Code's own models need the user's consent, which only a chat request of the user's can ask for. */
function forSurface(candidate: Candidate, surface: Surface): Candidate {
  if (candidate.provider !== 'vscode' || surface === 'chat' || candidate.unavailable !== undefined) return candidate;
  return { ...candidate, unavailable: 'models of VS Code answer only when you ask @fairlead in chat' };
}
