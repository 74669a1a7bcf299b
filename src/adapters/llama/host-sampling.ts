// How tokens are drawn: the request's word, else what llama-server does, so that a model answers alike in both.
import type { Sampling } from './runtime';

const DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 } as const;

export interface Drawing {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly repeatPenalty: false | { readonly penalty: number; readonly frequencyPenalty: number; readonly presencePenalty: number };
  readonly customStopTriggers?: readonly string[];
}

export function drawing({ stop = [], seed, ...asked }: Sampling): Drawing {
  const { temperature, topK, topP, minP } = { ...DEFAULTS, ...asked };
  const triggers = stop.filter((one) => one !== '');
  return {
    temperature,
    topK,
    topP,
    minP,
    seed: seed ?? Math.floor(Math.random() * 2 ** 31),
    repeatPenalty: penaltyOf(asked),
    ...(triggers.length > 0 ? { customStopTriggers: triggers } : {}),
  };
}

/** The library's default is a penalty of 1.1, which spoils code. */
function penaltyOf({ repeatPenalty: penalty = 1, frequencyPenalty = 0, presencePenalty = 0 }: Sampling): Drawing['repeatPenalty'] {
  const none = penalty === 1 && frequencyPenalty === 0 && presencePenalty === 0;
  return none ? false : { penalty, frequencyPenalty, presencePenalty };
}
