// From a request to a decision: reads the conversation, asks the classifiers, calls decide(), tells the sink.
// Routing never fails the request: whatever breaks here is a degradation in the decision. Only abort throws.
import { byExample } from './by-example';
import { decide, type Evidence, type Policy, type Unclassified } from './choosing/decide';
import { toClassifierInput } from './conversation';
import { climb } from './ladder';
import { firstNeverSent } from './privacy/privacy';
import { matchRules } from './choosing/rules';
import type { ConversationMemory } from './memory';
import type { Classifier, Clock, DecisionSink } from './ports';
import { OTHER, type Classification, type Decision, type Degradation, type RouteRequest } from './types';

export interface RouterDeps {
  /** Best first. Read at each request, so that a classifier may come and go. */
  readonly classifiers: () => readonly Classifier[] | Promise<readonly Classifier[]>;
  readonly memory: ConversationMemory;
  readonly clock: Clock;
  readonly sink: DecisionSink;
}

export interface Router {
  /** Rejects only with an AbortError. */
  route(request: RouteRequest, policy: Policy, signal: AbortSignal): Promise<Decision>;
  /** Decides at once, by rules alone: ghost text never waits for a classifier. */
  routeNow(request: RouteRequest, policy: Policy): Decision;
}

export function createRouter(deps: RouterDeps): Router {
  const finish = (request: RouteRequest, policy: Policy, evidence: Evidence): Decision => {
    const decision = decide({ request, policy, evidence, now: deps.clock.now() });
    remember(deps.memory, request, decision);
    deps.sink(decision);
    return decision;
  };
  return {
    route: async (request, policy, signal) => finish(request, policy, await gather(deps, { request, policy }, signal)),
    routeNow: (request, policy) =>
      finish(request, policy, { classification: undefined, unclassified: 'inline', degraded: [] }),
  };
}

interface Asked {
  readonly request: RouteRequest;
  readonly policy: Policy;
}

async function gather(deps: RouterDeps, { request, policy }: Asked, signal: AbortSignal): Promise<Evidence> {
  const skip = whyNotClassified(request, policy);
  if (skip) return { classification: undefined, unclassified: skip, degraded: [] };
  const { conversation } = request;
  const late = conversation === undefined ? undefined : deps.memory.takeLate(conversation);
  const input = toClassifierInput(request.turns, previousRouteOf(deps, request, late), policy.taught ?? policy.routes);
  if (!input) return { classification: undefined, unclassified: 'no_text', degraded: [] };
  const known = byExample(input);
  if (known) return { classification: known, unclassified: 'no_classifier', degraded: [] };
  const onLate = (classification: Classification): void => {
    if (conversation !== undefined) deps.memory.update(conversation, { late: classification });
  };
  const { may, kept } = mayRead(await deps.classifiers(), request, policy);
  const { classification, degraded } = await climb({ classifiers: may, input, onLate }, signal);
  const used: Degradation[] = late ? [{ kind: 'late_answer_used', classifier: late.classifier }] : [];
  return { classification, unclassified: 'no_classifier', degraded: [...kept, ...degraded, ...used] };
}

/**
 * A classifier on a server is a place that text is sent to: rules of privacy hold for it as for models. The route is
 * not known yet, so a privacy rule about routes is taken to match; and what was said of a file that is never sent may
 * repeat it.
 */
function mayRead(
  classifiers: readonly Classifier[],
  request: RouteRequest,
  policy: Policy,
): { readonly may: readonly Classifier[]; readonly kept: readonly Degradation[] } {
  const { rules, matches, privacy } = policy;
  const { localOnly } = matchRules({ rules, request, route: undefined, alsoRoutes: [], matches });
  const file = privacy && firstNeverSent(request.paths, privacy);
  if (!localOnly && !file) return { may: classifiers.map((one) => untaught(one, policy)), kept: [] };
  const hosted = classifiers.filter((classifier) => classifier.locality === 'hosted');
  return {
    may: classifiers.filter((classifier) => classifier.locality !== 'hosted'),
    kept: hosted.map(({ id }) => ({ kind: 'kept_local', classifier: id })),
  };
}

/** Corrections hold words of earlier requests, which no server may see. */
function untaught(classifier: Classifier, { routes, taught }: Policy): Classifier {
  if (classifier.locality !== 'hosted' || taught === undefined) return classifier;
  return { ...classifier, classify: (input, signal) => classifier.classify({ ...input, routes }, signal) };
}

function whyNotClassified(request: RouteRequest, policy: Policy): Unclassified | undefined {
  if (policy.routes.length === 0) return 'no_routes';
  // A named model needs no route, unless a rule about routes could forbid it.
  const rulesNeedRoute = policy.rules.some((rule) => rule.when.route !== undefined);
  return request.pinned !== undefined && !rulesNeedRoute ? 'pinned' : undefined;
}

function previousRouteOf(
  deps: RouterDeps,
  request: RouteRequest,
  late: Classification | undefined,
): string | undefined {
  const fromLate = late?.distribution[0]?.route;
  const known = request.conversation === undefined ? undefined : deps.memory.get(request.conversation)?.route;
  const previous = fromLate ?? request.previousRoute ?? known;
  return previous === OTHER ? undefined : previous;
}

function remember(memory: ConversationMemory, { conversation }: RouteRequest, { route }: Decision): void {
  if (conversation !== undefined && route !== undefined) memory.update(conversation, { route });
}
