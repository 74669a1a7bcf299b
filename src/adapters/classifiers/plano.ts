// Plano's decision-only endpoint as classifier: it gets the routes with the request and answers which one fits,
// without asking any model. Format: Plano's docs/routing-api.md of 2026-08-19.
import * as z from 'zod';
import { routeNames } from '../../router/dialects/dialect';
import { fromOne, UNGRADED_CONFIDENCE } from '../../router/dialects/distribution';
import { fitTurns, spokenTurns } from '../../router/dialects/turns';
import type { Classifier, ClassifierRoute, Clock } from '../../router/ports';
import { estimateTokens } from '../../router/tokens';
import { OTHER, type Classification } from '../../router/types';
import { hostOf } from '../locality';
import { CUT_NOTE } from './decoder';
import { askEndpoint, type EndpointDeps } from './endpoint';

export interface PlanoDeps extends EndpointDeps {
  /** `model` is the one of Plano's providers that stands in for every route: Fairlead chooses models itself. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly id?: string;
}

/** Plano's own budget for what its orchestrator reads. */
const CONVERSATION_TOKENS = 8192;

const decision = z.object({ route: z.string().nullish(), pinned: z.boolean().nullish() });

export function createPlanoClassifier(deps: PlanoDeps): Classifier {
  const id = deps.id ?? `plano@${hostOf(deps.endpoint)}`;
  return {
    id,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => {
      const start = deps.clock.now();
      const fitted = await fitTurns(input, { tokens: CONVERSATION_TOKENS, count: estimateTokens });
      const names = routeNames(input.routes);
      const body = {
        model: deps.model,
        messages: spokenTurns(fitted.input),
        routing_preferences: preferences(input.routes, deps.model),
      };
      const answer = await askEndpoint(deps, { url: decisionUrl(deps.endpoint), body, schema: decision }, signal);
      const route = names.find((name) => name === answer.route) ?? OTHER;
      return {
        classifier: id,
        distribution: fromOne(route, names),
        ms: deps.clock.now() - start,
        notes: [
          `Plano gives no probabilities; its answer counts ${UNGRADED_CONFIDENCE.toFixed(2)}.`,
          ...(answer.pinned === true ? ['Plano kept the route of this conversation.'] : []),
          ...(fitted.cut ? [CUT_NOTE] : []),
        ],
      } satisfies Classification;
    },
  };
}

/** `http://host:12000`, with or without the `/v1` of its chat endpoint. */
function decisionUrl(endpoint: string): string {
  return `${endpoint.replace(/\/+$/u, '').replace(/\/v1$/u, '')}/routing/v1/chat/completions`;
}

function preferences(routes: readonly ClassifierRoute[], model: string): object[] {
  const offered = routeNames(routes);
  return offered.map((name) => ({
    name,
    description: routes.find((route) => route.name === name)?.description ?? '',
    models: [model],
  }));
}
