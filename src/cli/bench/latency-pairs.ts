// One decision of ours and the same evaluations by the baseline, in turn, so that both caches stay alike.
import type { LlamaRuntime, ModelSpec } from '../../adapters/llama/runtime';
import type { Classifier } from '../../router/ports';
import type { BareCall, BareLlama } from './bare-llama';
import { watchEventLoop } from './event-loop';
import { requestText, routeSet } from './latency-cases';

export interface Scorer {
  readonly name: string;
  readonly what: string;
  readonly make: (runtime: LlamaRuntime) => Classifier;
}

export interface Pair {
  readonly oursMs: number;
  readonly bareMs: number;
  /** Tokens that the baseline evaluated. */
  readonly tokens: number;
}

export interface Asked {
  readonly routes: number;
  readonly chars: number;
  /** With routes that no cache has seen. */
  readonly fresh: boolean;
}

export interface Pairs {
  pair(asked: Asked): Promise<Pair>;
  /** Characters of a request per token of the scorer's model. */
  charsPerToken(): Promise<number>;
  bareRssBytes(): number;
  /** Longest delay of this process's event loop during each decision, in milliseconds. */
  loopDelaysMs(): readonly number[];
}

export const NEVER = new AbortController().signal;

export function createPairs(scorer: Scorer, runtime: LlamaRuntime, bare: BareLlama): Pairs {
  const { watched, calls } = record(runtime);
  const classifier = scorer.make(watched);
  const watch = watchEventLoop();
  let variant = 0;
  let set = 0;
  let rss = 0;
  const pair = async ({ routes, chars, fresh }: Asked): Promise<Pair> => {
    variant += 1;
    if (fresh) set += 1;
    const input = { text: requestText(chars, variant), routes: routeSet(routes, set) };
    calls.take();
    const oursMs = await watch.during(async () => {
      const start = performance.now();
      await classifier.classify(input, NEVER);
      return performance.now() - start;
    });
    let bareMs = 0;
    let tokens = 0;
    for (const call of calls.take()) {
      const timing = await bare.run(call);
      bareMs += timing.ms;
      tokens += timing.tokens;
      rss = timing.rssBytes;
    }
    return { oursMs, bareMs, tokens };
  };
  return {
    pair,
    charsPerToken: async () => {
      await pair({ routes: 5, chars: 120, fresh: true });
      const model = calls.model();
      const sample = requestText(2000, 0);
      return model ? sample.length / (await runtime.countTokens(model, sample, NEVER)) : 4;
    },
    bareRssBytes: () => rss,
    loopDelaysMs: () => watch.longestMs,
  };
}

/** Milliseconds of the first decision of a new process, with or without a warm-up before it. */
export async function firstDecision(scorer: Scorer, runtime: LlamaRuntime, warmed: boolean): Promise<number> {
  const { watched, calls } = record(runtime);
  const classifier = scorer.make(watched);
  const routes = routeSet(10, 0);
  if (warmed) {
    classifier.warm?.(routes);
    await calls.settled();
  }
  const start = performance.now();
  await classifier.classify({ text: requestText(120, 1), routes }, NEVER);
  return performance.now() - start;
}

interface Calls {
  /** Calls since the last time. */
  take(): BareCall[];
  model(): ModelSpec | undefined;
  /** Resolves once a warm-up is over. */
  settled(): Promise<void>;
}

function record(runtime: LlamaRuntime): { readonly watched: LlamaRuntime; readonly calls: Calls } {
  const list: BareCall[] = [];
  let last: ModelSpec | undefined;
  const watched: LlamaRuntime = {
    ...runtime,
    embed: (model, texts, signal) => {
      last = model;
      list.push({ op: 'embed', model, texts });
      return runtime.embed(model, texts, signal);
    },
    choose: async (model, request, signal) => {
      last = model;
      const answer = await runtime.choose(model, request, signal);
      list.push({ op: 'choose', model, request, extraPasses: answer.extraPasses });
      return answer;
    },
    warm: (model, request) => {
      last = model;
      runtime.warm(model, request);
    },
  };
  const take = (): BareCall[] => list.splice(0);
  const settled = async (): Promise<void> => {
    while (!last) await new Promise((done) => setTimeout(done, 5));
    // The child takes calls one after another: this one is answered when the warm-up is over.
    await runtime.facts(last, NEVER);
  };
  return { watched, calls: { take, model: () => last, settled } };
}
