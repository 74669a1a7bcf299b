// What one model is asked: the text around the cursor and of other places, as much as its window and a moment's
// reading hold.
import type { FimCall, FimExtra } from '../router/ports';
import type { Candidate } from '../router/types';
import { windowAround } from './context';
import { firstLineOf, lastLineOf, shapeOf } from './place';
import type { CompletionRequest } from './request';
import { answerTokens, budgetFor, type TokenKey, type TokenRatios } from './token-budget';

export interface CallParts {
  readonly request: CompletionRequest;
  readonly extra: readonly FimExtra[];
  readonly maxTokens: number;
  readonly ratios: Pick<TokenRatios, 'charsPerToken' | 'wantsCount'>;
}

/** Inside a line there is little to write. */
const INSIDE_TOKENS = 64;
/** A shorter piece of another file says too little. */
const LEAST_PIECE = 160;

export function callFor({ request, extra, maxTokens, ratios }: CallParts, candidate: Candidate): Omit<FimCall, 'decisionId' | 'note'> {
  const { before, after, path, language } = request;
  const { contextTokens } = candidate;
  const key = tokenKey(candidate, language);
  const inside = shapeOf(lastLineOf(before), firstLineOf(after)) === 'inside';
  const budget = budgetFor({ contextTokens, maxTokens, charsPerToken: ratios.charsPerToken(key, before) });
  const most = answerTokens(contextTokens, maxTokens);
  return {
    candidate,
    ...windowAround(request, budget),
    path,
    language,
    extra: fitting(extra, budget.extraChars),
    maxTokens: inside ? Math.min(most, INSIDE_TOKENS) : most,
    stop: inside ? ['\n'] : [],
    ...(ratios.wantsCount(key) ? { count: true } : {}),
  };
}

/** A name may lead to another server tomorrow, with another tokenizer. */
export function tokenKey({ endpoint, model }: Candidate, language: string): TokenKey {
  return { model: `${endpoint} ${model}`, language };
}

/** In their order; the one that does not fit is cut at the end of a line. */
function fitting(extra: readonly FimExtra[], maxChars: number): readonly FimExtra[] {
  let left = maxChars;
  return extra.flatMap(({ path, text }) => {
    const piece = text.length <= left ? text : text.slice(0, text.lastIndexOf('\n', Math.max(0, left - 1)) + 1);
    if (piece === '' || (piece.length < text.length && piece.length < LEAST_PIECE)) return [];
    left -= piece.length;
    return [{ path, text: piece }];
  });
}
