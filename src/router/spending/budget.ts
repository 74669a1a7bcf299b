// How far each of the user's caps is used up, and which ones stop models that may cost money. Models on this machine
// and models without a price of their own go on.
import type { Budgets } from '../../settings/settings';
import { clockTime } from '../running/health';
import { startOfDay, startOfMonth, startOfNextDay, startOfNextMonth, total, type Spending, type Sums } from './spending';
import type { CapUse } from '../types';

export interface BudgetState {
  /** Every cap that is set, in the order day, month, conversation. */
  readonly caps: readonly CapUse[];
  /** `warn` from the user's warning level on; `stop` when one is used up and stopping is wanted. */
  readonly level: 'ok' | 'warn' | 'stop';
  /** Caps that are used up; empty when the user only wants a warning. */
  readonly stops: readonly CapUse[];
}

export interface BudgetInput {
  readonly budgets: Budgets;
  readonly spending: Spending;
  readonly conversation: string | undefined;
  readonly now: number;
}

export function budgetState({ budgets, spending, conversation, now }: BudgetInput): BudgetState {
  const caps = [
    ...capsOf('day', budgets.day, () => total(spending.since(startOfDay(now))), startOfNextDay(now)),
    ...capsOf('month', budgets.month, () => total(spending.since(startOfMonth(now))), startOfNextMonth(now)),
    ...(conversation === undefined ? [] : capsOf('conversation', budgets.conversation, () => spending.conversation(conversation), undefined)),
  ];
  const reached = caps.filter(({ used, cap }) => used >= cap);
  const stops = budgets.atLimit === 'stop' ? reached : [];
  const near = caps.some(({ used, cap }) => used >= cap * budgets.warnAt);
  return { caps, stops, level: stops.length > 0 ? 'stop' : near ? 'warn' : 'ok' };
}

/** Whether anything is limited at all; without caps nothing has to be summed. */
export function hasCaps({ day, month, conversation }: Budgets): boolean {
  return [day, month, conversation].some(({ usd, requests }) => usd > 0 || requests > 0);
}

function capsOf(period: CapUse['period'], { usd, requests }: Budgets['day'], sum: () => Sums, resetsAt: number | undefined): CapUse[] {
  if (usd === 0 && requests === 0) return [];
  const spent = sum();
  return [
    ...(usd > 0 ? [{ period, unit: 'usd' as const, used: spent.usd, cap: usd, resetsAt }] : []),
    ...(requests > 0 ? [{ period, unit: 'requests' as const, used: spent.billable, cap: requests, resetsAt }] : []),
  ];
}

/** `the day’s budget of USD 5.00 is used up (USD 5.12)`. */
export function capText({ period, unit, used, cap }: CapUse): string {
  const amount = (value: number): string => (unit === 'usd' ? usdText(value) : `${String(value)} request${value === 1 ? '' : 's'}`);
  const whose = period === 'conversation' ? 'this conversation’s' : `the ${period}’s`;
  return `${whose} budget of ${amount(cap)} is used up (${amount(used)})`;
}

/** When the cap resets and what can be done before. */
export function capAdvice({ period, unit, resetsAt }: CapUse, now: number): string {
  const setting = `fairlead.budgets.${unit === 'usd' ? 'usd' : 'requests'}Per${period[0]?.toUpperCase() ?? ''}${period.slice(1)}`;
  const wait = resetsAt === undefined ? 'a new conversation begins at zero' : `it resets at ${clockTime(resetsAt, now)}`;
  return `${wait}; raise "${setting}" to go on now; models on this machine are not stopped`;
}

/** Two decimals, more for what is less than a cent. */
export function usdText(usd: number): string {
  const digits = usd !== 0 && Math.abs(usd) < 0.01 ? 4 : 2;
  return `USD ${usd.toFixed(digits)}`;
}
