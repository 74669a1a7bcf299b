// Which text around the cursor goes to the model. Cuts at line starts, so that prefixes stay stable while typing.

export interface Window {
  readonly prefix: string;
  readonly suffix: string;
}

export interface WindowBudget {
  /** Most characters before the cursor. */
  readonly prefixChars: number;
  /** Most characters after the cursor. */
  readonly suffixChars: number;
}

// About 1,500 and 500 tokens: three to one before and after, as the peers do (Minuet, Continue).
export const DEFAULT_BUDGET: WindowBudget = { prefixChars: 6000, suffixChars: 2000 };

/** How far the window's start moves at once: a start that moves with every line would void the server's cache. */
const STEP_CHARS = 1024;

export function windowAround(before: string, after: string, budget: WindowBudget = DEFAULT_BUDGET): Window {
  return { prefix: cutHead(before, budget.prefixChars), suffix: cutTail(after, budget.suffixChars) };
}

function cutHead(before: string, maxChars: number): string {
  if (before.length <= maxChars) return before;
  const excess = before.length - maxChars;
  const stepped = Math.ceil(excess / STEP_CHARS) * STEP_CHARS;
  const from = stepped < before.length ? stepped : excess;
  const lineStart = before.indexOf('\n', from - 1) + 1;
  return before.slice(lineStart > 0 && lineStart < before.length ? lineStart : from);
}

function cutTail(after: string, maxChars: number): string {
  if (after.length <= maxChars) return after;
  const lineEnd = after.lastIndexOf('\n', maxChars - 1);
  return after.slice(0, lineEnd > 0 ? lineEnd + 1 : maxChars);
}
