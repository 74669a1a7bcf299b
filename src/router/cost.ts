// What a request costs, in USD. An unknown price gives an unknown cost, never zero.
import type { Usage } from './ports';
import type { Candidate } from './types';

type Priced = Pick<Candidate, 'price' | 'locality'>;

/**
 * USD of one request, by USD per million tokens. Tokens that were read from the provider's cache are part of
 * `inputTokens` and count at their own price where one is known. A model on this machine without a price costs nothing.
 */
export function costUsd({ price, locality }: Priced, { inputTokens, outputTokens, cachedInputTokens = 0 }: Usage): number | undefined {
  if (!price) return locality === 'local' ? 0 : undefined;
  const cached = Math.min(cachedInputTokens, inputTokens);
  const input = (inputTokens - cached) * price.input + cached * (price.cachedInput ?? price.input);
  return (input + outputTokens * price.output) / 1_000_000;
}

/** Whether a request to it may cost money: it has a price above zero, or runs elsewhere and its price is not known. */
export function mayCost({ price, locality }: Priced): boolean {
  return price ? price.input > 0 || price.output > 0 : locality === 'hosted';
}
