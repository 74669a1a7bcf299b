// What was spent, as a page to read: budgets, today and this month by model, and what the figures do not know.
import { usdText, type BudgetState } from './budget';
import { clockTime } from '../running/health';
import { total, type Sums } from './spending';
import type { CapUse } from '../types';
import { escapeMarkdown } from '../explain';

type ByModel = ReadonlyMap<string, Sums>;

export interface Spent {
  readonly today: ByModel;
  readonly month: ByModel;
  readonly state: BudgetState;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function spendingPage(spent: Spent): string {
  return [
    '# Spending',
    '',
    ...budgets(spent),
    '## Today',
    '',
    ...table(spent.today, 'Nothing was asked today.'),
    '',
    '## This month',
    '',
    ...table(spent.month, 'Nothing was asked this month.'),
    '',
    ...notes(total(spent.month)),
  ].join('\n');
}

/** The short form for a tooltip. */
export function spendingSummary({ today, month, state, now }: Spent): string {
  const line = (name: string, sums: Sums): string =>
    `**${name}** ${usdText(sums.usd)} · ${requests(sums.requests)} · ${count(sums.inputTokens)} tokens in, ${count(sums.outputTokens)} out · ${measuredText(sums)}`;
  return [
    line('Today', total(today)),
    ...topModels(today),
    line('This month', total(month)),
    ...topModels(month),
    ...state.caps.map((cap) => `- ${capLine(cap, now)}`),
  ].join('\n\n');
}

const MOST_IN_SUMMARY = 5;

function topModels(byModel: ByModel): string[] {
  const rows = sorted(byModel).filter(([, { billable }]) => billable > 0);
  return rows.slice(0, MOST_IN_SUMMARY).map(([model, sums]) => `- ${escapeMarkdown(model)}: ${priceText(sums)}, ${requests(sums.requests)}`);
}

function budgets({ state, now }: Spent): string[] {
  if (state.caps.length === 0) return ['No budget is set. `fairlead.budgets` in the settings limits a day, a month or one conversation.', ''];
  return ['## Budgets', '', ...state.caps.map((cap) => `- ${capLine(cap, now)}`), ''];
}

function capLine({ period, unit, used, cap, resetsAt }: CapUse, now: number): string {
  const amount = (value: number): string => (unit === 'usd' ? usdText(value) : String(value));
  const whose = period === 'conversation' ? 'This conversation' : `The ${period}`;
  const reset = resetsAt === undefined ? '' : `, resets at ${clockTime(resetsAt, now)}`;
  const full = used >= cap ? ' **Used up.**' : '';
  return `${whose}: ${amount(used)} of ${amount(cap)}${unit === 'usd' ? '' : ' requests'} (${String(Math.floor((used / cap) * 100))} %)${reset}.${full}`;
}

function table(byModel: ByModel, empty: string): string[] {
  if (byModel.size === 0) return [empty];
  const sum = total(byModel);
  return [
    '| Model | Cost | Requests | Tokens in | From cache | Tokens out | Counted by the server |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...sorted(byModel).map(([model, sums]) => tableRow(escapeMarkdown(model), sums)),
    ...(byModel.size > 1 ? [tableRow('**All**', sum)] : []),
  ];
}

function tableRow(name: string, sums: Sums): string {
  const cells = [name, priceText(sums), String(sums.requests), count(sums.inputTokens), count(sums.cachedInputTokens), count(sums.outputTokens), share(sums)];
  return `| ${cells.join(' | ')} |`;
}

function sorted(byModel: ByModel): [string, Sums][] {
  return [...byModel].sort(([, a], [, b]) => b.usd - a.usd || b.requests - a.requests);
}

/** Known cost; says when some or all of it is not known. */
function priceText({ usd, billable, unpriced }: Sums): string {
  if (billable === 0 && usd === 0) return 'free';
  if (unpriced === 0) return usdText(usd);
  return unpriced === billable ? 'price not known' : `${usdText(usd)} and more`;
}

function notes({ unpriced, requests: all, measured }: Sums): string[] {
  return [
    ...(unpriced > 0
      ? [`The cost of ${requests(unpriced)} is not known. Give those models a \`price\` in \`fairlead.models\`, or limit them by requests.`, '']
      : []),
    ...(measured < all ? ['Where a server does not count tokens, they are estimated.', ''] : []),
    'Costs are computed on this machine from tokens and prices; your provider’s bill counts. Nothing of this leaves this machine.',
  ];
}

function measuredText(sums: Sums): string {
  return `${share(sums)} counted by servers`;
}

function share({ measured, requests: all }: Sums): string {
  return all === 0 ? '-' : `${String(Math.round((measured / all) * 100))} %`;
}

function requests(count: number): string {
  return `${String(count)} request${count === 1 ? '' : 's'}`;
}

function count(tokens: number): string {
  if (tokens < 10_000) return String(tokens);
  return tokens < 1_000_000 ? `${String(Math.round(tokens / 1000))}k` : `${(tokens / 1_000_000).toFixed(1)}M`;
}
