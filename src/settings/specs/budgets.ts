// What requests may cost.
import * as z from 'zod';
import type { SettingSpec } from '../spec';

const usd = (markdown: string) =>
  ({ schema: () => z.number().min(0).max(1_000_000), default: 0, scope: 'machine', markdown }) as const satisfies SettingSpec;

const requests = (markdown: string) =>
  ({ schema: () => z.number().int().min(0).max(10_000_000), default: 0, scope: 'machine', markdown }) as const satisfies SettingSpec;

export const budgetSpecs = {
  'budgets.usdPerDay': usd(
    'Most US dollars a day for models that have a price; 0 sets no limit. When it is used up, models on this machine and free models go on and the others are stopped (see `#fairlead.budgets.atLimit#`). Counts everything: chat, agents, completions, and Fairlead’s own small requests.',
  ),
  'budgets.usdPerMonth': usd('Most US dollars a calendar month for models that have a price; 0 sets no limit.'),
  'budgets.usdPerConversation': usd('Most US dollars for one conversation; 0 sets no limit. A good guard against an agent that does not come to an end.'),
  'budgets.requestsPerDay': requests(
    'Most requests a day to models that may cost money; 0 sets no limit. Use it where prices are not known, as with models of a subscription.',
  ),
  'budgets.requestsPerMonth': requests('Most requests a calendar month to models that may cost money; 0 sets no limit.'),
  'budgets.requestsPerConversation': requests('Most requests for one conversation to models that may cost money; 0 sets no limit.'),
  'budgets.warnAtPercent': {
    schema: () => z.number().min(1).max(100),
    default: 80,
    scope: 'machine',
    markdown: 'Share of a budget, in percent, from which on the status bar warns.',
  },
  'budgets.atLimit': {
    schema: () => z.enum(['stop', 'warn']),
    default: 'stop',
    scope: 'machine',
    markdown: 'What happens when a budget is used up: `stop` leaves models that may cost money out until it resets; `warn` only shows it.',
  },
} as const satisfies Record<string, SettingSpec>;
