// What a request costs, in USD. An unknown price gives an unknown cost, never zero.
import type { Usage } from '../ports';
import type { Candidate } from '../types';

type Priced = Pick<Candidate, 'price' | 'locality'>;

/**
 * USD of one request, by USD per million tokens. Tokens that were read from the provider's cache or written to it are
 * part of `inputTokens` and count at their own price where one is known. A model on this machine without a price
 * costs nothing.
 */
export function costUsd({ price, locality }: Priced, usage: Usage): number | undefined {
  if (!price) return locality === 'local' ? 0 : undefined;
  const { inputTokens, outputTokens } = usage;
  const read = Math.min(usage.cachedInputTokens ?? 0, inputTokens);
  const written = Math.min(usage.cacheWriteTokens ?? 0, inputTokens - read);
  const input =
    (inputTokens - read - written) * price.input + read * (price.cachedInput ?? price.input) + written * (price.cacheWrite ?? price.input);
  return (input + outputTokens * price.output) / 1_000_000;
}

/** Whether a request to it may cost money: it has a price above zero, or runs elsewhere and its price is not known. */
export function mayCost({ price, locality }: Priced): boolean {
  return price ? price.input > 0 || price.output > 0 : locality === 'hosted';
}
