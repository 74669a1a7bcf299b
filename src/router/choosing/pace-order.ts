// Which of the models that the user did not rank writes ghost text: one that is quick enough to be seen, a smaller one on
// battery, and between equals the one whose text has proven to be taken more often. What the user ranked stays as it is.
import { firstGroup, type Groups, type Ordered } from './preference-modes';
import type { Pace, PaceReason, Proven } from './pace';
import { sizeOf } from './size';
import type { Candidate, RouteRequest } from '../types';

/** Taken for the pauses of a user who is not known yet; and nobody is held to less or granted more than these. */
const USUAL_PAUSE_MS = 1000;
const LEAST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 3000;

export function orderByPace(groups: Groups, eligible: readonly Candidate[], { surface, pace }: RouteRequest): Ordered {
  if (surface !== 'inline' || !pace) return { groups, reasons: [] };
  const byId = new Map(eligible.map((candidate) => [candidate.id, candidate]));
  const ranked = new Set([...groups.preferred, ...groups.routeModels, ...groups.defaults]);
  const free = groups.rest.flatMap((id) => (ranked.has(id) ? [] : (byId.get(id) ?? []))).filter(fillsHere);
  const order = ordered(free, pace);
  const rest = inPlaces(groups.rest, order.models.map(({ id }) => id));
  const decides = firstGroup(groups) === groups.rest && rest[0] !== groups.rest[0];
  return { groups: { ...groups, rest }, reasons: decides && order.reason ? [order.reason] : [] };
}

/** A model that only may be able to fill in is no reason to leave one that can. */
function fillsHere({ locality, capabilities }: Candidate): boolean {
  return locality === 'local' && capabilities.includes('fim');
}

/** The members of `order` in the places that they have among all. */
function inPlaces(all: readonly string[], order: readonly string[]): readonly string[] {
  const members = new Set(order);
  const next = order.values();
  return all.map((id) => (members.has(id) ? (next.next().value ?? id) : id));
}

interface Chosen {
  readonly models: readonly Candidate[];
  readonly reason: PaceReason | undefined;
}

function ordered(models: readonly Candidate[], pace: Pace): Chosen {
  const [usual] = models;
  if (!usual) return { models, reason: undefined };
  const isSlow = slowBy(models, pace);
  const { quick, proof } = byWish(models.filter((one) => !isSlow(one)), pace);
  const order = [...quick, ...quickestFirst(models.filter(isSlow), pace)];
  const [first = usual] = order;
  if (first === usual) return { models: order, reason: undefined };
  const shared = { kind: 'pace', model: first.id, instead: usual.id } as const;
  if (isSlow(usual)) return { models: order, reason: { ...shared, why: 'too_slow', firstTextMs: pace.firstTextMs[usual.id], mostMs: mostMs(pace) } };
  if (proof) return { models: order, reason: { ...shared, why: 'taken', least: proof.least, most: proof.most } };
  return { models: order, reason: { ...shared, why: 'battery' } };
}

function mostMs({ pauseMs = USUAL_PAUSE_MS }: Pace): number {
  return Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, pauseMs));
}

/** Too slow to be seen before the user types on; of models that nobody measured, those as large as a slow one are too. */
function slowBy(models: readonly Candidate[], pace: Pace): (candidate: Candidate) => boolean {
  const isMeasuredSlow = ({ id }: Candidate): boolean => (pace.firstTextMs[id] ?? 0) > mostMs(pace);
  const smallestSlow = Math.min(...models.filter(isMeasuredSlow).map((one) => sizeOf(one) ?? Infinity));
  return (candidate) => (pace.firstTextMs[candidate.id] === undefined ? (sizeOf(candidate) ?? 0) >= smallestSlow : isMeasuredSlow(candidate));
}

function byWish(models: readonly Candidate[], pace: Pace): { readonly quick: readonly Candidate[]; readonly proof?: Proven } {
  return pace.onBattery ? { quick: smallestFirst(models) } : provenFirst(models, pace.proven);
}

/** Those of unknown size keep their places. */
function smallestFirst(models: readonly Candidate[]): readonly Candidate[] {
  const bySize = models.filter((one) => sizeOf(one) !== undefined).sort((a, b) => (sizeOf(a) ?? 0) - (sizeOf(b) ?? 0));
  const next = bySize.values();
  return models.map((one) => (sizeOf(one) === undefined ? one : (next.next().value ?? one)));
}

/** Breaks ties alone: what the settings name stays before what was only found. */
function provenFirst(models: readonly Candidate[], proven: readonly Proven[]): { readonly quick: readonly Candidate[]; readonly proof?: Proven } {
  const [usual] = models;
  const ties = new Set(models.filter(({ origin }) => origin === usual?.origin).map(({ id }) => id));
  const [proof] = proven.filter(({ model, over }) => over === usual?.id && ties.has(model)).sort((a, b) => b.least - a.least);
  const better = models.find(({ id }) => id === proof?.model);
  return proof && better ? { quick: [better, ...models.filter((one) => one !== better)], proof } : { quick: models };
}

function quickestFirst(models: readonly Candidate[], { firstTextMs }: Pace): readonly Candidate[] {
  return [...models].sort((a, b) => (firstTextMs[a.id] ?? Infinity) - (firstTextMs[b.id] ?? Infinity) || 0);
}

export function paceText(reason: PaceReason): string {
  const { model, instead } = reason;
  switch (reason.why) {
    case 'battery':
      return `this machine runs on battery: ${model} before the larger ${instead}, since you have not ranked them in fairlead.inline.models`;
    case 'too_slow':
      return `${slowText(instead, reason)} before you usually type on (${seconds(reason.mostMs)}): ${model} is asked first`;
    case 'taken':
      return `in this language you take more of what ${model} writes (at least ${percent(reason.least)}) than of ${instead} (at most ${percent(reason.most)})`;
  }
}

function slowText(model: string, { firstTextMs }: { readonly firstTextMs: number | undefined }): string {
  return firstTextMs === undefined ? `${model} is larger than a model that does not answer` : `${model} takes ${seconds(firstTextMs)} to its first words here and does not answer`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}
