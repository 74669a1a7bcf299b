// What servers say of a fill-in besides its text: how likely each token was, and how many tokens the prompt had. Three
// protocols have three forms for it; what is missing or odd is left out.
import * as z from 'zod';
import type { FimCall } from '../router/ports';
import { askJson, type ProbeDeps, rootOf } from './probe';

/** Every field may be missing. */
export interface TellingChunk {
  /** llama-server's own endpoints. */
  readonly completion_probabilities?: readonly Said[] | null;
  /** Ollama. */
  readonly logprobs?: readonly Said[] | null;
  readonly choices?: readonly { readonly logprobs?: { readonly token_logprobs?: readonly (number | null)[] | null; readonly content?: readonly Said[] | null } | null }[];
  /** All of the prompt, cached tokens included. */
  readonly usage?: { readonly prompt_tokens?: number } | null;
  /** Ollama; older versions leave out what they had cached. */
  readonly prompt_eval_count?: number;
}

interface Said {
  readonly logprob?: number | null;
}

/** `promptChars`: how many were sent. */
export function noteChunk({ note }: FimCall, chunk: TellingChunk, promptChars: number): void {
  if (!note) return;
  const logProbabilities = likelihoods(chunk);
  if (logProbabilities.length > 0) note({ kind: 'sure', logProbabilities });
  const tokens = chunk.usage?.prompt_tokens ?? chunk.prompt_eval_count;
  if (typeof tokens === 'number' && tokens > 0) note({ kind: 'counted', chars: promptChars, tokens });
}

function likelihoods({ completion_probabilities: own, logprobs, choices }: TellingChunk): number[] {
  const chosen = choices?.[0]?.logprobs;
  const said = own ?? logprobs ?? chosen?.content;
  const all = Array.isArray(said) ? said.map(({ logprob }: Said) => logprob) : (chosen?.token_logprobs ?? []);
  return all.filter((one) => typeof one === 'number');
}

const tokenized = z.object({ tokens: z.array(z.unknown()).min(1) });
const COUNT_MS = 3000;

export type TokenCounter = (call: FimCall) => Promise<void>;

/**
 * Counts by llama-server's own tokenizer, behind an answer: text that the same server was just sent, and that has
 * passed the door of privacy with it. Never rejects.
 */
export function createTokenCounter(deps: ProbeDeps): TokenCounter {
  return async ({ candidate: { endpoint }, prefix, note }) => {
    const question = { baseUrl: endpoint, url: `${rootOf(endpoint)}/tokenize`, schema: tokenized, body: { content: prefix }, deadlineMs: COUNT_MS };
    const answer = await askJson(deps, question, new AbortController().signal);
    if (answer) note?.({ kind: 'counted', chars: prefix.length, tokens: answer.tokens.length });
  };
}
