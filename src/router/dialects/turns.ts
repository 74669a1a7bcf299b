// Which turns of the conversation a prompt holds, and how they are made to fit a budget of the model's own tokens.
import { headAndTail } from '../conversation';
import type { ClassifierInput } from '../ports';
import type { SpokenTurn } from './json';

/** One full previous turn, then the user's last words. An answer without its question is left out. */
export function spokenTurns({ text, previousUser, previousAssistant }: ClassifierInput): SpokenTurn[] {
  const last: SpokenTurn = { role: 'user', content: text };
  if (previousUser === undefined) return [last];
  const before: SpokenTurn[] = [{ role: 'user', content: previousUser }];
  if (previousAssistant !== undefined) before.push({ role: 'assistant', content: previousAssistant });
  return [...before, last];
}

export interface Budget {
  /** Most tokens of all turns together. */
  readonly tokens: number;
  /** Tokens of a text, counted or estimated. */
  readonly count: (text: string) => number | Promise<number>;
}

export interface FittedInput {
  readonly input: ClassifierInput;
  /** True when something was left out. */
  readonly cut: boolean;
}

/** What the user said last weighs most, what a model answered least. */
const WEIGHTS = { text: 4, previousUser: 2, previousAssistant: 1 } as const;
type TurnKey = keyof typeof WEIGHTS;

/** A character never has more tokens than bytes in UTF-8, and a UTF-16 unit never more than three of those. */
const MOST_TOKENS_PER_CHAR = 3;
/** No text has fewer tokens than this many characters each, but for runs of the same character. */
const MOST_CHARS_PER_TOKEN = 16;

/** Keeps head and tail of turns that are too long for their share of the budget. */
export async function fitTurns(input: ClassifierInput, budget: Budget): Promise<FittedInput> {
  const present = (Object.keys(WEIGHTS) as TurnKey[]).filter((key) => input[key] !== undefined);
  const texts = present.map((key) => headAndTail(input[key] ?? '', budget.tokens * MOST_CHARS_PER_TOKEN));
  const mostTokens = texts.reduce((sum, text) => sum + text.length * MOST_TOKENS_PER_CHAR, 0);
  if (mostTokens <= budget.tokens) return { input, cut: false };
  const needs: number[] = [];
  for (const text of texts) needs.push(await budget.count(text));
  const shares = shareOut(needs, present.map((key) => WEIGHTS[key]), budget.tokens);
  const fitted: Partial<Record<TurnKey, string>> = {};
  for (const [index, key] of present.entries()) {
    fitted[key] = await fitText(texts[index] ?? '', shares[index] ?? 0, budget.count);
  }
  return { input: { ...input, ...fitted }, cut: present.some((key) => fitted[key] !== input[key]) };
}

/** What each gets of `total`: what it needs if that is less than its weight's share, and then what others leave. */
export function shareOut(needs: readonly number[], weights: readonly number[], total: number): number[] {
  const got = needs.map(() => 0);
  let open = needs.map((_, index) => index);
  let left = total;
  while (open.length > 0) {
    const weight = open.reduce((sum, index) => sum + (weights[index] ?? 1), 0);
    const fair = (index: number): number => Math.floor((left * (weights[index] ?? 1)) / weight);
    const modest = open.filter((index) => (needs[index] ?? 0) <= fair(index));
    if (modest.length === 0) {
      const shares = open.map(fair);
      open.forEach((index, at) => (got[index] = shares[at] ?? 0));
      return got;
    }
    for (const index of modest) {
      got[index] = needs[index] ?? 0;
      left -= got[index];
    }
    open = open.filter((index) => !modest.includes(index));
  }
  return got;
}

async function fitText(text: string, tokens: number, count: Budget['count']): Promise<string> {
  let kept = text;
  let has = await count(text);
  for (let step = 0; step < 6 && has > tokens; step += 1) {
    // Aim a little below: head, tail and the mark between them rarely cut at the average.
    kept = headAndTail(text, Math.max(1, Math.floor(kept.length * (tokens / has) * 0.97)));
    has = await count(kept);
  }
  return kept;
}
