// How much text goes along with a request, in the model's own tokens: what its window holds and what is read fast
// enough, less what it shall write. Nothing is counted while a key waits; how many characters a token has is learned
// from the counts that come with answers, for each model and language.

export interface PromptBudget {
  /** Most characters before the cursor, after it, and of other places. */
  readonly prefixChars: number;
  readonly suffixChars: number;
  readonly extraChars: number;
}

export interface BudgetFacts {
  /** Whole window of the model; undefined when unknown. */
  readonly contextTokens: number | undefined;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  readonly charsPerToken: number;
}

/**
 * What is read within a moment on a laptop when it is not cached. Three to one around the cursor, as the peers have it
 * (Minuet, Continue); llama-server itself reads no more than 1,536 and 512 tokens of an /infill, three and one quarter
 * of its batch, and cuts the rest off at a place that moves with every key.
 */
const MOST = { prefix: 1480, suffix: 480, extra: 1240 } as const;
/** Most tokens of a prompt. */
export const MOST_PROMPT_TOKENS = MOST.prefix + MOST.suffix + MOST.extra;
/** Ollama gives a model no more by default. */
const USUAL_CONTEXT = 4096;
/** The model's marks, names of files, and what a text has more tokens than others like it. */
const SPARE = { tokens: 24, share: 0.05 } as const;
const LEAST_ROOM = 128;
/** Of a small window, what the answer may take. */
const ANSWER_SHARE = 0.25;

export function budgetFor({ contextTokens = USUAL_CONTEXT, maxTokens, charsPerToken }: BudgetFacts): PromptBudget {
  const free = (contextTokens - answerTokens(contextTokens, maxTokens)) * (1 - SPARE.share) - SPARE.tokens;
  const share = Math.min(1, Math.max(LEAST_ROOM, free) / MOST_PROMPT_TOKENS);
  const chars = (tokens: number): number => Math.floor(tokens * share * charsPerToken);
  return { prefixChars: chars(MOST.prefix), suffixChars: chars(MOST.suffix), extraChars: chars(MOST.extra) };
}

export function answerTokens(contextTokens: number | undefined, maxTokens: number): number {
  return contextTokens === undefined ? maxTokens : Math.max(1, Math.min(maxTokens, Math.floor(contextTokens * ANSWER_SHARE)));
}

export interface Counted {
  readonly chars: number;
  readonly tokens: number;
}

/** One model's tokens in one language. */
export interface TokenKey {
  /** Names the model, its server included. */
  readonly model: string;
  /** VS Code language id. */
  readonly language: string;
}

export interface TokenRatios {
  /** Characters per token, rather too few than too many. `text`: what is to be sent, for a guess before the first count. */
  readonly charsPerToken: (key: TokenKey, text: string) => number;
  /** Whether a count would help now. */
  readonly wantsCount: (key: TokenKey) => boolean;
  readonly learn: (key: TokenKey, counted: Counted) => void;
}

interface Learned {
  /** Characters per token of the latest counts, newest last. */
  readonly latest: readonly number[];
  readonly used: number;
  /** Requests since the last count. */
  asked: number;
}

/** Shorter texts say little. */
const LEAST_CHARS = 240;
/** Beyond these a count was not one: of a prompt that was cached, or cut off. */
const PLAUSIBLE = { least: 0.4, most: 6 } as const;
/** Nobody is believed more: what is sent at most is known beforehand. */
const MOST_CHARS_PER_TOKEN = 5;
/** Most characters that a budget ever gives before the cursor, or after it. */
export const MOST_SIDE_CHARS = MOST.prefix * MOST_CHARS_PER_TOKEN;
const KEPT_COUNTS = 8;
const ENOUGH_COUNTS = 3;
/** What is written changes: a count now and then. */
const COUNT_EVERY = 40;
const MOST_KEYS = 100;
/** A ratio moves in steps, and up only when it is clear by so much: each move moves the window, and costs a server its cache. */
const STEP = 0.25;
const CLEAR = 0.5;

export function createTokenRatios(): TokenRatios {
  const known = new Map<string, Learned>();
  const nameOf = ({ model, language }: TokenKey): string => `${model} ${language}`;
  return {
    charsPerToken: (key, text) => known.get(nameOf(key))?.used ?? guess(text),
    wantsCount: (key) => {
      const learned = known.get(nameOf(key));
      if (!learned || learned.latest.length < ENOUGH_COUNTS) return true;
      learned.asked += 1;
      return learned.asked >= COUNT_EVERY;
    },
    learn: (key, { chars, tokens }) => {
      const ratio = chars / tokens;
      if (chars < LEAST_CHARS || !(ratio >= PLAUSIBLE.least && ratio <= PLAUSIBLE.most)) return;
      const name = nameOf(key);
      const learned = known.get(name);
      const latest = [...(learned?.latest ?? []), ratio].slice(-KEPT_COUNTS);
      known.delete(name);
      known.set(name, { latest, used: settled(Math.min(...latest), learned?.used), asked: 0 });
      const oldest = known.keys().next();
      if (known.size > MOST_KEYS && oldest.done !== true) known.delete(oldest.value);
    },
  };
}

/** The least of the latest counts: servers leave out of theirs what was cached or cut off, and never add. */
function settled(least: number, before: number | undefined): number {
  const stepped = Math.min(MOST_CHARS_PER_TOKEN, Math.max(STEP, Math.floor(least / STEP) * STEP));
  return before !== undefined && stepped > before && stepped < before + CLEAR ? before : stepped;
}

/** Characters per token of code in Latin letters, and of other writing, where byte-pair tokenizers have few long pieces. */
const GUESS = { latin: 3, other: 1.25 } as const;
const LOOKED_AT = 1000;
const OTHER_SHARE = 0.12;

function guess(text: string): number {
  const tail = text.slice(-LOOKED_AT);
  let other = 0;
  for (let index = 0; index < tail.length; index += 1) if (tail.charCodeAt(index) > 0x24f) other += 1;
  return other > tail.length * OTHER_SHARE ? GUESS.other : GUESS.latin;
}
