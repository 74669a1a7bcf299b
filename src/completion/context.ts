// Which text around the cursor goes to the model. Cuts at line starts, and always at the same ones while something is
// written, so that a server finds the beginning of the prompt in its cache. What the file imports stays when its head
// does not.
import { importRegion } from './imports';
import type { CompletionRequest } from './request';
import { MOST_SIDE_CHARS, type PromptBudget } from './token-budget';

export interface Window {
  readonly prefix: string;
  readonly suffix: string;
}

export type Around = Pick<CompletionRequest, 'before' | 'after' | 'offset' | 'language' | 'head'>;
export type WindowBudget = Pick<PromptBudget, 'prefixChars' | 'suffixChars'>;

/** How far the window's start moves at once: a start that moves with every line would void the server's cache. */
const STEP_CHARS = 1024;
/** Of a small window, a step takes no more. */
const STEP_SHARE = 0.25;
/** Of the text before the cursor, what the imports may take when the head of the file is cut off. */
const IMPORTS_SHARE = 0.25;

export function windowAround(around: Around, { prefixChars, suffixChars }: WindowBudget): Window {
  return { prefix: cutHead(around, prefixChars), suffix: cutTail(around.after, suffixChars) };
}

/** All that a request may send of its own document, whatever the budget: what is searched before a model is chosen. */
export function textsAround(around: Around): readonly string[] {
  const { before, after } = around;
  const imports = before.length > MOST_SIDE_CHARS || around.head !== undefined ? importsAbove(around, MOST_SIDE_CHARS).text : '';
  return [...(imports === '' ? [] : [imports]), before.slice(-MOST_SIDE_CHARS), after.slice(0, MOST_SIDE_CHARS)];
}

function cutHead(around: Around, maxChars: number): string {
  const { before, offset } = around;
  if (offset <= maxChars) return before;
  const imports = importsAbove(around, maxChars);
  // Counted from the start of the document, of which `before` may be the end alone: so the start stays where it is.
  const first = offset - before.length;
  const room = maxChars - imports.text.length;
  const step = Math.max(1, Math.min(STEP_CHARS, Math.floor(room * STEP_SHARE)));
  const from = Math.max(0, Math.ceil((offset - room) / step) * step - first);
  return imports.text + before.slice(Math.max(lineStart(before, from, room), imports.end - first));
}

/** The next start of a line, unless it is far. */
function lineStart(text: string, from: number, room: number): number {
  if (from === 0) return 0;
  const next = text.indexOf('\n', from - 1) + 1;
  return next > 0 && next - from < room / 2 ? next : from;
}

/** Whole lines of the imports, as many as there is room for. `end`: offset in the document behind them. */
function importsAbove({ before, head, language }: Around, maxChars: number): { readonly text: string; readonly end: number } {
  const { text, end } = importRegion(head ?? before, language);
  const most = Math.floor(maxChars * IMPORTS_SHARE);
  // What is left out may stand between them.
  return text.length <= most ? { text, end } : { text: text.slice(0, text.lastIndexOf('\n', most) + 1), end: 0 };
}

function cutTail(after: string, maxChars: number): string {
  if (after.length <= maxChars) return after;
  const lineEnd = after.lastIndexOf('\n', maxChars - 1);
  return after.slice(0, lineEnd > 0 ? lineEnd + 1 : maxChars);
}
