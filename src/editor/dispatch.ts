// From a surface to the router and on to a backend: the same two steps for chat, agents and ghost text.
import type * as vscode from 'vscode';
import type { Backend, ChatCall, Clock } from '../router/ports';
import { mayGoOn } from '../router/eligibility';
import { runDecision, type RunEvent } from '../router/execute';
import type { Policy } from '../router/decide';
import { toClassifierInput } from '../router/conversation';
import type { Router } from '../router/route';
import type { GlobMatcher } from '../router/rules';
import type { Candidate, Decision, ProviderKind, RouteRequest, Surface } from '../router/types';
import type { Log } from '../shared/log';
import type { Corrections } from './corrections';
import type { Pool } from './pool';
import type { SettingsStore } from './settings-store';

export interface DispatchDeps {
  readonly router: Router;
  readonly pool: Pool;
  readonly settings: SettingsStore;
  readonly backends: ReadonlyMap<ProviderKind, Backend>;
  readonly matches: GlobMatcher;
  readonly corrections: Corrections;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Routed {
  readonly decision: Decision;
  readonly candidates: readonly Candidate[];
}

export interface Earlier {
  readonly routes: readonly string[];
  readonly resource: vscode.Uri | undefined;
}

export interface Dispatch {
  decide(request: RouteRequest, resource: vscode.Uri | undefined, signal: AbortSignal): Promise<Routed>;
  decideNow(request: RouteRequest, resource: vscode.Uri | undefined): Routed;
  /** The models of an earlier decision that may go on with what the conversation holds by now, in their order. */
  goOn(models: readonly string[], request: RouteRequest, earlier: Earlier): Routed['candidates'];
  run(routed: Routed, call: Omit<ChatCall, 'candidate'>, signal: AbortSignal): AsyncIterable<RunEvent>;
  /** Every known model as it may serve a surface. */
  candidates(surface: Surface): readonly Candidate[];
  /** Resolves when the models are known; at once except just after the start or a change of settings. */
  ready(signal: AbortSignal): Promise<void>;
  /** Looks for models again. */
  look(): Promise<void>;
  backend(provider: ProviderKind): Backend | undefined;
}

export function createDispatch({ router, pool, settings, backends, matches, corrections, clock, log }: DispatchDeps): Dispatch {
  const candidates = (surface: Surface): readonly Candidate[] => pool.candidates().map((one) => forSurface(one, surface));

  function policyFor(surface: Surface, resource: vscode.Uri | undefined): Policy {
    const { routes, rules, defaultModels } = settings.for(resource);
    return { routes, taught: corrections.applied(routes), rules, defaultModels, candidates: candidates(surface), matches };
  }

  return {
    candidates,
    ready: pool.ready,
    look: async () => {
      await pool.refresh();
    },
    backend: (provider) => backends.get(provider),
    decide: async (request, resource, signal) => {
      await pool.ready(signal);
      const policy = policyFor(request.surface, resource);
      const decision = await router.route(request, policy, signal);
      corrections.heard(decision.id, toClassifierInput(request.turns, undefined, [])?.text);
      return { decision, candidates: policy.candidates };
    },
    decideNow: (request, resource) => {
      const policy = policyFor(request.surface, resource);
      return { decision: router.routeNow(request, policy), candidates: policy.candidates };
    },
    goOn: (models, request, { routes, resource }) => {
      const policy = policyFor(request.surface, resource);
      return models.flatMap((id) => {
        const candidate = policy.candidates.find((one) => one.id === id);
        return candidate && mayGoOn(candidate, { ...policy, request, routes }) ? [candidate] : [];
      });
    },
    run: ({ decision, candidates: pooled }, call, signal) =>
      runDecision({ decision, candidates: pooled, backends, call, clock, log }, signal),
  };
}

/** VS Code's own models need the user's consent, which only a chat request of the user's can ask for. */
function forSurface(candidate: Candidate, surface: Surface): Candidate {
  if (candidate.provider !== 'vscode' || surface === 'chat' || candidate.unavailable !== undefined) return candidate;
  return { ...candidate, unavailable: 'models of VS Code answer only when you ask @fairlead in chat' };
}
