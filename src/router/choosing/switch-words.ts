// The words for modes and switches in a decision, arithmetic included.
import type { SwitchCost, SwitchReason } from './running';
import type { Reason } from '../types';

export function switchText({ from, to, verdict, because, cost }: SwitchReason): string {
  const head = verdict === 'stay' ? `this conversation stays with ${from} instead of ${to}` : `this conversation moves from ${from} to ${to}`;
  const sum = cost ? arithmetic(cost, from, to) : '';
  return `${head}: ${BECAUSE[because]}${sum === '' ? '' : ` (${sum})`}`;
}

const BECAUSE: Readonly<Record<SwitchReason['because'], string>> = {
  refused: 'it may not serve this request',
  returns: 'it only stood in for it',
  your_models: 'you named it for this work',
  your_rule: 'a rule of yours prefers it here',
  cold: 'nothing of it is cached any more, so nothing is lost',
  saving: 'what is saved is more than reading the conversation anew costs',
  doubt: 'the kind of work is not clear enough to leave a model that has it all cached',
  habit: 'no word of yours asks for the other one',
  no_saving: 'reading the conversation anew costs more than is saved',
  slow_reread: 'the other one would take too long to read the conversation anew',
  unknown_price: 'a price is not known, so a saving cannot be shown',
};

function arithmetic({ promptTokens, cachedTokens, requests, lostUsd, stayUsd, switchUsd, rereadMs }: SwitchCost, from: string, to: string): string {
  const times = requests === 1 ? '1 more request' : `${String(requests)} more requests`;
  return [
    `${count(cachedTokens)} of ${count(promptTokens)} prompt tokens cached`,
    ...(stayUsd !== undefined && switchUsd !== undefined
      ? [`${times}: ${usd(stayUsd)} with ${from}, ${usd(switchUsd)} with ${to}, of which ${usd(lostUsd ?? 0)} to read it anew`]
      : []),
    ...(rereadMs === undefined ? [] : [`about ${String(Math.max(1, Math.round(rereadMs / 1000)))} s to read it on ${to}`]),
  ].join('; ');
}

export function economyText({ costs }: Extract<Reason, { kind: 'economy' }>): string {
  const shown = costs.slice(0, 4).map(({ model, usd: cost }) => `${model} ${cost === undefined ? 'unknown' : cost === 0 ? 'free' : usd(cost)}`);
  return `economy: the cheapest for this request first (${shown.join(', ')})`;
}

export function qualityText({ by }: Extract<Reason, { kind: 'quality' }>): string {
  return by === 'your_order'
    ? 'quality: your order counts; where you gave none, hosted before local, then the higher price and the larger window'
    : 'quality: you gave no order for this, so hosted before local, then the higher price and the larger window stand for strength';
}

export function usd(amount: number): string {
  if (amount === 0) return '$0';
  return `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US');
}
