// Which models a request for ghost text goes to: the router's decision, made at once by rules alone, less those that
// rest after a failure.
import * as vscode from 'vscode';
import { textsAround } from '../completion/context';
import type { Plan } from '../completion/filling';
import type { CompletionRequest } from '../completion/request';
import { MOST_PROMPT_TOKENS } from '../completion/token-budget';
import type { Pace } from '../router/choosing/pace';
import type { FimExtra } from '../router/ports';
import { estimateTokens } from '../router/tokens';
import type { Candidate, RouteRequest } from '../router/types';
import type { Dispatch } from './dispatch';
import { newId } from './ids';

/** A model that failed is left alone for a while, so that typing does not hammer a dead server. */
const COOL_DOWN_MS = 15_000;
const MOST_ATTEMPTS = 2;

export interface Planner {
  readonly plan: (request: CompletionRequest, extra: readonly FimExtra[], signal: AbortSignal) => Promise<Plan>;
  /** The model did not answer. */
  failed(candidate: Candidate): void;
}

export interface PlannerDeps {
  readonly dispatch: Dispatch;
  /** What the models that the user did not rank are ordered by. */
  readonly pace: (language: string) => Pace;
}

export function createPlanner({ dispatch, pace }: PlannerDeps): Planner {
  const coolUntil = new Map<string, number>();
  const rests = (candidate: Candidate): boolean => (coolUntil.get(serverAndModel(candidate)) ?? 0) > Date.now();
  return {
    plan: async (request, extra, signal) => {
      const resource = vscode.Uri.parse(request.document);
      await dispatch.ready(signal);
      const searched = await dispatch.searched(routeRequest(request, extra, pace(request.language)), resource, signal);
      const { decision, candidates } = dispatch.decideNow(searched, resource);
      const order = [decision.model, ...decision.fallbacks].flatMap((id) => candidates.find((one) => one.id === id) ?? []);
      const models = order.filter((candidate) => !rests(candidate)).slice(0, MOST_ATTEMPTS);
      const why = decision.model === undefined ? 'no model can fill in the middle' : 'the server does not answer';
      return { decisionId: decision.id, models, ...(models.length > 0 ? {} : { why }) };
    },
    failed: (candidate) => {
      coolUntil.set(serverAndModel(candidate), Date.now() + COOL_DOWN_MS);
    },
  };
}

/** A name may lead to another server tomorrow, which has not failed. */
function serverAndModel({ endpoint, model }: Candidate): string {
  return `${endpoint} ${model}`;
}

function routeRequest(request: CompletionRequest, extra: readonly FimExtra[], pace: Pace): RouteRequest {
  const { path, language } = request;
  const texts = [...textsAround(request), ...extra.map(({ text }) => text)];
  return {
    id: newId(),
    surface: 'inline',
    turns: [],
    inputTokens: Math.min(MOST_PROMPT_TOKENS, texts.reduce((sum, text) => sum + estimateTokens(text), 0)),
    needs: ['fim'],
    paths: [...new Set([path, ...extra.map((one) => one.path)])],
    texts,
    languages: [language],
    pace,
  };
}
