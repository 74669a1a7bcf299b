// Turns a decision into words: the line before an answer, the line in the log, and the whole story.
import { capAdvice, capText } from './spending/budget';
import { restText } from './running/health';
import type { LedgerRow } from './spending/ledger';
import { privacyAdvice, privateReasonText, privateRefusalText } from './privacy/explain-privacy';
import { paceText } from './choosing/pace-order';
import { economyText, qualityText, switchText } from './choosing/switch-words';
import { happened } from './told';
import {
  OTHER,
  type Candidate,
  type Decision,
  type Degradation,
  type Reason,
  type Refusal,
  type ScoredRoute,
} from './types';

const percent = (probability: number): string => `${String(Math.round(probability * 100))} %`;

const routeLabel = (route: string): string => (route === OTHER ? 'no route' : route);

/** Short markdown for the head of an answer: model, route, confidence, runner-up. */
export function headline(decision: Decision, candidates: readonly Candidate[]): string {
  const model = decision.model === undefined ? '**no model**' : `**${escapeMarkdown(decision.model)}**`;
  const candidate = candidates.find((known) => known.id === decision.model);
  const where = candidate ? ` (${candidate.locality})` : '';
  return [`${model}${where}`, routePart(decision), ...extraParts(decision)].join(' · ');
}

function routePart(decision: Decision): string {
  if (decision.route === undefined || decision.probability === undefined) return shortReason(decision.reasons, decision.at);
  const runnerUp = decision.runnerUp && decision.confidence !== 'one_route' ? `, then ${scored(decision.runnerUp)}` : '';
  return `${escapeMarkdown(routeLabel(decision.route))} ${percent(decision.probability)}${runnerUp}`;
}

function scored({ route, probability }: ScoredRoute): string {
  return `${escapeMarkdown(routeLabel(route))} ${percent(probability)}`;
}

function shortReason(reasons: readonly Reason[], at: number): string {
  const first = reasons[0];
  return first ? escapeMarkdown(reasonText(first, at)) : 'no reason recorded';
}

function extraParts(decision: Decision): string[] {
  const rule = decision.reasons.find((reason) => reason.kind === 'rule');
  return [
    ...(rule ? [escapeMarkdown(rule.rule)] : []),
    ...(decision.localOnly ? ['stays on this machine'] : []),
    ...decision.reasons.flatMap((reason) => (reason.kind === 'never_sent' ? [escapeMarkdown(privateReasonText(reason))] : [])),
    ...decision.reasons.flatMap((reason) => passedOver(reason, decision.at)).slice(0, 2),
    ...decision.degraded.flatMap(shortDegradation).slice(0, 1),
  ];
}

/** What keeps the request from its usual model; never silent. */
function passedOver(reason: Reason, at: number): string[] {
  if (reason.kind === 'budget') return [escapeMarkdown(capText(reason.cap))];
  if (reason.kind === 'switch' && reason.verdict === 'stay') return [`the conversation keeps its model, not ${escapeMarkdown(reason.to)}`];
  return reason.kind === 'resting' ? [escapeMarkdown(restText(reason.model, reason, at))] : [];
}

function shortDegradation(step: Degradation): string[] {
  if (step.kind === 'late') return [`${escapeMarkdown(step.classifier)} was late`];
  return step.kind === 'failed' ? [`${escapeMarkdown(step.classifier)} failed`] : [];
}

/** One plain line for the output channel; no prompt text. */
export function logLine(decision: Decision): string {
  const route =
    decision.route === undefined ? 'unclassified' : `${decision.route} ${percent(decision.probability ?? 0)}`;
  const by = decision.classifier ? ` by ${decision.classifier} in ${(decision.classifierMs ?? 0).toFixed(1)} ms` : '';
  const runnerUp = decision.runnerUp ? `, runner-up ${decision.runnerUp.route} ${percent(decision.runnerUp.probability)}` : '';
  const fallbacks = decision.fallbacks.length > 0 ? `, then ${decision.fallbacks.slice(0, 3).join(', ')}` : '';
  const degraded = decision.degraded.map((step) => `; ${degradationText(step)}`).join('');
  const why = decision.reasons.filter((reason) => !['route', 'other'].includes(reason.kind)).map((reason) => reasonText(reason, decision.at)).join('; ');
  return `[${decision.id}] ${decision.surface}: ${route}${by}${runnerUp} -> ${decision.model ?? 'no model'}${fallbacks} (${why})${degraded}`;
}

/** For each budget that stopped models: what is used up, when it resets and what to do. */
export function budgetWords({ reasons, at }: Pick<Decision, 'reasons' | 'at'>): string[] {
  return reasons.filter(({ kind }) => kind === 'budget').map((reason) => `${reasonText(reason, at)}.`);
}

/** The whole decision as markdown, with what came of it: the requests that were made for it. */
export function explain(decision: Decision, candidates: readonly Candidate[], requests: readonly LedgerRow[] = []): string {
  const locality = candidates.find((known) => known.id === decision.model)?.locality;
  const lines = [
    `# Why ${decision.model === undefined ? 'no model could answer' : `\`${decision.model}\``}`,
    '',
    `- **Model:** ${decision.model === undefined ? 'none' : `\`${decision.model}\``}${locality ? ` (${locality})` : ''}`,
    ...(decision.fallbacks.length > 0 ? [`- **Then:** ${decision.fallbacks.map((id) => `\`${id}\``).join(', ')}`] : []),
    `- **Route:** ${routeSentence(decision)}`,
    ...(decision.routes.length > 1 ? [`- **Several instructions:** ${decision.routes.join(', ')}`] : []),
    ...(decision.localOnly ? ['- **Privacy:** this request stays on this machine'] : []),
    '',
    '## Reasons',
    '',
    ...decision.reasons.map((reason) => `1. ${escapeMarkdown(reasonText(reason, decision.at))}`),
    ...section('What happened', happened(requests)),
    ...section('What did not go as planned', [...decision.degraded.map(degradationText), ...decision.notes]),
    ...section('Models that were not considered', decision.refused.map(refusedText)),
    ...section('What you can change', privacyAdvice(decision)),
    '',
    `<small>Decision ${decision.id}, ${new Date(decision.at).toISOString()}, ${decision.surface}</small>`,
  ];
  return lines.join('\n');
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `## ${title}`, '', ...items.map((item) => `- ${escapeMarkdown(item)}`)];
}

function routeSentence(decision: Decision): string {
  if (decision.route === undefined || decision.probability === undefined) return 'not classified';
  const by = decision.classifier ? ` by ${decision.classifier} in ${(decision.classifierMs ?? 0).toFixed(1)} ms` : '';
  const runnerUp = decision.runnerUp ? `; runner-up ${scored(decision.runnerUp)}` : '';
  const name = decision.route === OTHER ? 'none of your routes' : `\`${decision.route}\``;
  return `${name}, ${percent(decision.probability)}${by}${runnerUp}`;
}

function refusedText({ model, refusals }: Decision['refused'][number]): string {
  return `${model}: ${refusals.map(refusalText).join('; ')}`;
}

const UNCLASSIFIED: Record<Extract<Reason, { kind: 'unclassified' }>['why'], string> = {
  inline: 'ghost text is not classified',
  no_text: 'there was no text to classify',
  no_routes: 'there are no routes',
  no_classifier: 'no classifier answered',
  pinned: 'you named the model',
};

/** `at`: when it was decided, in milliseconds since the epoch; times of the same day are shown without a date. */
export function reasonText(reason: Reason, at: number): string {
  switch (reason.kind) {
    case 'route':
      return `the request reads as ${reason.route} (${percent(reason.probability)}, ${reason.classifier})`;
    case 'other':
      return `no route fits (${percent(reason.probability)}, ${reason.classifier})`;
    case 'unclassified':
      return UNCLASSIFIED[reason.why];
    case 'pinned':
      return `you asked for ${reason.model}`;
    case 'rule':
      return `${reason.effect}: ${reason.rule}`;
    case 'route_models':
      return `your models for ${reason.route}`;
    case 'default_models':
      return 'your default models';
    case 'any_model':
      return 'no preference set: local models first';
    case 'route_models_refused':
      return `none of your models for ${reason.route} can serve this request`;
    case 'none_eligible':
      return 'no model can serve this request';
    case 'switch':
      return switchText(reason);
    case 'economy':
      return economyText(reason);
    case 'quality':
      return qualityText(reason);
    case 'pace':
      return paceText(reason);
    case 'resting':
      return restText(reason.model, reason, at);
    case 'budget':
      return `${capText(reason.cap)}: ${capAdvice(reason.cap, at)}`;
    case 'never_sent':
    case 'secret':
      return privateReasonText(reason);
  }
}

export function refusalText(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'unavailable':
      return refusal.detail;
    case 'context':
      return `needs about ${String(refusal.needsTokens)} tokens, has ${String(refusal.hasTokens)}`;
    case 'capability':
      return `has no ${refusal.missing}`;
    case 'not_local':
      return `must stay on this machine (${refusal.rule})`;
    case 'not_required':
      return `not among the required models (${refusal.rule})`;
    case 'excluded':
      return `excluded (${refusal.rule})`;
    case 'budget':
      return capText(refusal.cap);
    case 'never_sent':
    case 'secret':
      return privateRefusalText(refusal);
  }
}

export function degradationText(step: Degradation): string {
  switch (step.kind) {
    case 'late':
      return `${step.classifier} gave no answer within ${String(step.deadlineMs)} ms, ${step.used} was used`;
    case 'failed':
      return `${step.classifier} failed (${step.detail}), ${step.used} was used`;
    case 'late_answer_used':
      return `the late answer of ${step.classifier} counts as the previous route`;
    case 'kept_local':
      return `${step.classifier} was not asked: a privacy rule keeps the text on this machine`;
  }
}

export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/gu, '\\$&');
}
