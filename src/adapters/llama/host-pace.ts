// How a writing sequence runs: long prompts in chunks, so that a cancelled request stops at once; never far ahead of
// the reader; and with an eye on what others wait for.
import type { LlamaContextSequence, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import { throwIfAborted } from '../../shared/abort';

export interface Pace {
  readonly signal: AbortSignal;
  /** When an evaluation begins, and after each chunk of the prompt. */
  readonly onProgress: () => void;
  /** Resolves when the next chunk or token may be computed. */
  readonly gate: () => Promise<void>;
}

export interface Meter {
  /** Tokens of the prompt that were computed, undefined before the first token of the answer. */
  readonly evaluated: number | undefined;
  readonly written: number;
}

export interface PacedSequence {
  readonly sequence: LlamaContextSequence;
  /** Every evaluation from now on belongs to this request. */
  begin(pace: Pace): Meter;
}

/** A chunk is to take so long: short enough to stop, long enough for a GPU to be busy. */
const CHUNK_MS = 150;
const LEAST_CHUNK = 16;
const MOST_CHUNK = 512;

/** Wraps `evaluate`, by which the library's chat and completion compute everything. */
export function paceSequence(sequence: LlamaContextSequence, firstChunk: number): PacedSequence {
  const plain = sequence.evaluate.bind(sequence);
  const head = createHead(sequence, firstChunk);
  let request: Request | undefined;

  async function* evaluate(tokens: Token[], options?: SequenceEvaluateOptions): AsyncGenerator<Token, void, Answers> {
    if (!request) throw new Error('an evaluation without a request');
    const { pace, meter, before } = request;
    const answers = plain(await head(tokens, pace), options);
    try {
      for (let next = await answers.next(); next.done !== true; ) {
        meter.evaluated ??= evaluatedBy(sequence) - before;
        meter.written += 1;
        throwIfAborted(pace.signal);
        const replacement: Answers = yield next.value;
        await pace.gate();
        throwIfAborted(pace.signal);
        next = await answers.next(replacement);
      }
    } finally {
      await answers.return();
    }
  }

  sequence.evaluate = evaluate;
  return {
    sequence,
    begin: (pace) => {
      const meter = { evaluated: undefined, written: 0 };
      request = { pace, meter, before: evaluatedBy(sequence) };
      return meter;
    },
  };
}

type Answers = undefined | Token | Token[];

interface Request {
  readonly pace: Pace;
  readonly meter: { -readonly [K in keyof Meter]: Meter[K] };
  /** Tokens that the sequence had computed when the request began. */
  readonly before: number;
}

function evaluatedBy({ tokenMeter }: LlamaContextSequence): number {
  return tokenMeter.usedInputTokens + tokenMeter.usedOutputTokens;
}

/** Computes all but the last chunk of a prompt; returns that chunk. */
function createHead(sequence: LlamaContextSequence, firstChunk: number): (tokens: Token[], pace: Pace) => Promise<Token[]> {
  let chunk = firstChunk;
  return async (tokens, { signal, onProgress, gate }) => {
    onProgress();
    let start = 0;
    while (tokens.length - start > chunk) {
      await gate();
      throwIfAborted(signal);
      const began = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(start, start + chunk));
      start += chunk;
      chunk = nextChunk(chunk, performance.now() - began);
      onProgress();
    }
    throwIfAborted(signal);
    return tokens.slice(start);
  };
}

function nextChunk(chunk: number, tookMs: number): number {
  const wanted = (chunk * CHUNK_MS) / Math.max(tookMs, 1);
  return Math.round(Math.min(MOST_CHUNK, Math.max(LEAST_CHUNK, Math.min(chunk * 2, Math.max(chunk / 2, wanted)))));
}
