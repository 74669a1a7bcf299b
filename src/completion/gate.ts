// Whether to ask at all, by the text alone. What the user has switched off is the editor's business.
import { firstLineOf, lastLineOf } from './place';
import type { CompletionRequest, SkipReason } from './request';

/** With less before the cursor there is nothing to go on. */
const LEAST_CHARS = 2;
/** Minified code and data: slow to read, and not written by hand. */
const LONGEST_LINE = 2000;

export function gate({ before, after, manual }: CompletionRequest): SkipReason | undefined {
  const line = lastLineOf(before);
  const rest = firstLineOf(after);
  if (line.length + rest.length > LONGEST_LINE) return 'long_line';
  if (manual) return undefined;
  if (!hasInk(before)) return 'nothing_to_go_on';
  return /\w$/u.test(line) && /^\w/u.test(rest) ? 'inside_word' : undefined;
}

/** Reads from the end, so that a long document costs nothing. */
function hasInk(text: string): boolean {
  let seen = 0;
  for (let at = text.length - 1; at >= 0 && seen < LEAST_CHARS; at -= 1) if (!/\s/u.test(text.charAt(at))) seen += 1;
  return seen >= LEAST_CHARS;
}
