// The words of a running conversation: the model it is on, and why it keeps or leaves it.

/** What the user picked beside plain Auto. */
export type PreferenceMode = 'economy' | 'quality' | 'local';

/** The model that answered a conversation's last request, and what it may still hold of it. */
export interface Running {
  /** Candidate id. */
  readonly model: string;
  /** The model that was wanted, where another one had to answer. */
  readonly standsInFor?: string;
  /** Milliseconds since the epoch of its last answer. */
  readonly at: number;
  /** Tokens of its last prompt. */
  readonly promptTokens: number;
  /** Those of them that the server said it read from its cache; undefined when it did not say. */
  readonly cachedTokens?: number;
  /** Requests of this conversation so far, tool steps included. */
  readonly requests: number;
  /** How fast models read prompts, as measured, by candidate id; tokens a second. */
  readonly tokensPerSecond?: Readonly<Record<string, number>>;
}

/** What staying and switching cost over the requests that are still expected; USD where prices are known. */
export interface SwitchCost {
  readonly promptTokens: number;
  /** Those of the prompt that the model so far would read from its cache. */
  readonly cachedTokens: number;
  /** Requests that are expected. */
  readonly requests: number;
  /** What reading the cached part anew costs more on the new model than a cached read there would. */
  readonly lostUsd?: number;
  readonly stayUsd?: number;
  readonly switchUsd?: number;
  /** How long a local model is expected to take to read the prompt. */
  readonly rereadMs?: number;
}

export interface SwitchReason {
  readonly kind: 'switch';
  readonly from: string;
  readonly to: string;
  readonly verdict: 'stay' | 'switch';
  readonly because: 'refused' | 'returns' | 'your_models' | 'your_rule' | 'cold' | 'saving' | 'doubt' | 'habit' | 'no_saving' | 'slow_reread' | 'unknown_price';
  readonly cost?: SwitchCost;
}
