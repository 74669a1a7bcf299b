// Whether a running conversation leaves its model at a turn of the user's. A model that has just answered holds the
// conversation in its cache; another reads all of it anew, and flapping between models costs money, time and coherence.
//
// The rule, first match decides:
// 1. The model may not serve the request any more: switch.
// 2. The model only stood in for the one that is wanted: return to it.
// 3. The user named another model for this work (a route's models, a `prefer` rule) and the classifier is sure: switch.
//    That word is law, whatever it costs.
// 4. Nothing is cached any more, because the last request was over five minutes ago: switch, nothing is lost.
// 5. The classifier is in doubt, or no word of the user's stands behind the wish: stay.
// 6. The wish is about cost alone (economy): switch when what the expected requests save is more than reading the
//    conversation anew costs, and when a local model reads it within half a minute. Unknown prices: stay.
import { costUsd } from '../spending/cost';
import type { Running, SwitchCost, SwitchReason } from './running';
import type { Candidate, Confidence, Price } from '../types';

/** Anthropic drops a cached prompt after 5 minutes, OpenAI after 5 to 10; Ollama unloads after 5. */
export const CACHE_MS = 5 * 60_000;
/** Of one agent step; measured loops answer with a tool call or a few paragraphs. */
export const EXPECTED_OUTPUT_TOKENS = 500;
/** Most requests to expect of a conversation, however long it has been. */
const MOST_REQUESTS = 50;
/** Longest wait for a local model that reads the conversation anew, for the sake of cost alone. */
const MOST_REREAD_MS = 30_000;
/** Prompt tokens a second of a local model that was not measured yet: a 7B model on a laptop without a GPU. */
const LOCAL_TOKENS_PER_SECOND = 60;

/** What speaks for the model that is wanted: the user's word on this work, cost alone, or the usual order. */
export type Grounds = 'your_models' | 'your_rule' | 'cost' | 'habit';

export interface SwitchInput {
  readonly running: Running;
  /** The model so far; undefined when it may not serve this request. */
  readonly current: Candidate | undefined;
  readonly wanted: Candidate;
  readonly grounds: Grounds;
  readonly confidence: Confidence;
  /** Size of this request's prompt, in tokens. */
  readonly promptTokens: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Undefined when the wanted model is the one that answered so far. */
export function weighSwitch(input: SwitchInput): SwitchReason | undefined {
  const { running, current, wanted } = input;
  if (running.model === wanted.id) return undefined;
  const between = { kind: 'switch', from: running.model, to: wanted.id } as const;
  if (!current) return { ...between, verdict: 'switch', because: 'refused' };
  const cost = switchCost(current, wanted, input);
  return { ...between, ...verdictOf(input, cost), cost };
}

type Verdict = Pick<SwitchReason, 'verdict' | 'because'>;

function verdictOf(input: SwitchInput, cost: SwitchCost): Verdict {
  const { running, wanted, grounds, confidence, now } = input;
  if (running.standsInFor === wanted.id) return { verdict: 'switch', because: 'returns' };
  if (grounds === 'your_rule') return { verdict: 'switch', because: grounds };
  if (grounds === 'your_models' && confidence === 'one_route') return { verdict: 'switch', because: grounds };
  if (now - running.at > CACHE_MS) return { verdict: 'switch', because: 'cold' };
  if (grounds !== 'cost') return { verdict: 'stay', because: grounds === 'your_models' ? 'doubt' : 'habit' };
  return byCost(cost);
}

function byCost({ stayUsd, switchUsd, rereadMs = 0 }: SwitchCost): Verdict {
  if (stayUsd === undefined || switchUsd === undefined) return { verdict: 'stay', because: 'unknown_price' };
  if (switchUsd >= stayUsd) return { verdict: 'stay', because: 'no_saving' };
  return rereadMs > MOST_REREAD_MS ? { verdict: 'stay', because: 'slow_reread' } : { verdict: 'switch', because: 'saving' };
}

/**
 * What the next requests cost here and there. Each reads the prompt, of which the cached part counts at the price of
 * cached input; the first one on another model pays the full price for that part as well. As many requests are
 * expected as there were: with nothing else known, a thing lasts as long again as it has lasted (J. R. Gott, Nature
 * 363, 1993).
 */
function switchCost(current: Candidate, wanted: Candidate, { running, promptTokens }: SwitchInput): SwitchCost {
  const cachedTokens = caches(running) ? Math.min(promptTokens, running.promptTokens) : 0;
  const requests = Math.min(MOST_REQUESTS, Math.max(1, running.requests));
  const usage = { inputTokens: promptTokens, outputTokens: EXPECTED_OUTPUT_TOKENS, cachedInputTokens: cachedTokens };
  const here = costUsd(current, usage);
  const there = costUsd(wanted, usage);
  const lostUsd = wanted.price ? (cachedTokens * missedDiscount(wanted.price)) / 1_000_000 : there === undefined ? undefined : 0;
  return {
    promptTokens,
    cachedTokens,
    requests,
    ...(lostUsd === undefined ? {} : { lostUsd }),
    ...(here === undefined ? {} : { stayUsd: here * requests }),
    ...(there === undefined || lostUsd === undefined ? {} : { switchUsd: there * requests + lostUsd }),
    ...(wanted.locality === 'local' ? { rereadMs: rereadMs(wanted, promptTokens, running) } : {}),
  };
}

/** The first request of a conversation finds nothing in the cache; a server that never does has none. */
function caches({ cachedTokens, requests }: Running): boolean {
  return cachedTokens !== 0 || requests === 1;
}

/** USD per million tokens that a cached read would have saved. */
function missedDiscount({ input, cachedInput = input }: Price): number {
  return input - cachedInput;
}

function rereadMs({ id }: Candidate, promptTokens: number, { tokensPerSecond }: Running): number {
  return Math.round((promptTokens / (tokensPerSecond?.[id] ?? LOCAL_TOKENS_PER_SECOND)) * 1000);
}
