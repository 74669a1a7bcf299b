// The baseline of the latency benchmark: node-llama-cpp called directly in a plain child process, without our
// runtime, router or protocol. It gets the calls that our classifier made and times the evaluation alone.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChoiceRequest, ModelSpec } from '../../adapters/llama/runtime';
import { RouterError } from '../../shared/errors';

export type BareCall =
  | { readonly op: 'embed'; readonly model: ModelSpec; readonly texts: readonly string[] }
  /** `extraPasses`: single tokens evaluated after the prompt, as many as our reading of the choices took. */
  | { readonly op: 'choose'; readonly model: ModelSpec; readonly request: ChoiceRequest; readonly extraPasses: number };

export interface BareTiming {
  /** Evaluation alone, measured inside the child. */
  readonly ms: number;
  readonly tokens: number;
  readonly rssBytes: number;
}

export interface BareLlama {
  run(call: BareCall): Promise<BareTiming>;
  close(): void;
}

/** As few lines as the library's documentation needs for the same work; contexts as our runtime opens them. */
const PROGRAM = `
const [, , library, cores] = process.argv;
const { getLlama, resolveChatWrapper, LlamaLogLevel } = await import(library);
const threads = Number(cores);
const llama = await getLlama({ build: 'never', skipDownload: true, gpu: 'auto', maxThreads: threads, logLevel: LlamaLogLevel.error });
const shelf = new Map();
const open = async ({ path, use, contextTokens }) => {
  const model = await llama.loadModel({ modelPath: path });
  const contextSize = Math.min(contextTokens ?? 4096, model.trainContextSize);
  if (use === 'embedding') return { model, embedding: await model.createEmbeddingContext({ contextSize, batchSize: Math.max(512, contextSize), threads }) };
  const context = await model.createContext({ contextSize, sequences: 1, threads });
  return { model, sequence: context.getSequence(), wrapper: resolveChatWrapper(model) };
};
const opened = (spec) => {
  const key = spec.use + spec.path;
  if (!shelf.has(key)) shelf.set(key, open(spec));
  return shelf.get(key);
};
const render = ({ wrapper, model }, { system, user, answerStart }) => wrapper.generateContextState({ chatHistory: [
  ...(system === undefined ? [] : [{ type: 'system', text: system }]), { type: 'user', text: user }, { type: 'model', response: [answerStart] },
] }).contextText.tokenize(model.tokenizer);
const read = [{ generateNext: { probabilities: true, options: { temperature: 1, topK: 8, topP: 1, minP: 0 } } }];
const work = {
  embed: async ({ model, embedding }, { texts }) => {
    const inputs = texts.map((text) => model.tokenize(text, false)).filter((tokens) => tokens.length > 0);
    const start = performance.now();
    for (const tokens of inputs) await embedding.getEmbeddingFor(tokens);
    return { ms: performance.now() - start, tokens: inputs.reduce((sum, tokens) => sum + tokens.length, 0) };
  },
  choose: async (loaded, { request, extraPasses }) => {
    const { sequence } = loaded;
    const tokens = render(loaded, request.prompt);
    const start = performance.now();
    await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    const missing = tokens.slice(sequence.nextTokenIndex, -1);
    await sequence.controlledEvaluate([...missing, [tokens.at(-1), ...read]]);
    for (let pass = 0; pass < extraPasses; pass += 1) await sequence.controlledEvaluate([[tokens.at(-1), ...read]]);
    return { ms: performance.now() - start, tokens: missing.length + 1 };
  },
};
process.on('message', async ({ id, call }) => {
  try {
    const timing = await work[call.op](await opened(call.model), call);
    process.send({ id, timing: { ...timing, rssBytes: process.memoryUsage.rss() } });
  } catch (error) {
    process.send({ id, failed: String(error) });
  }
});
`;

interface Answer {
  readonly id: number;
  readonly timing?: BareTiming;
  readonly failed?: string;
}

/** The program is written into `folder`: node-llama-cpp forks tests of its own and must not inherit a program text. */
export function startBareLlama(folder: string): BareLlama {
  const threads = Math.max(1, availableParallelism() - 1);
  const file = join(folder, 'bare-llama.mjs');
  writeFileSync(file, PROGRAM);
  const library = pathToFileURL(createRequire(__filename).resolve('node-llama-cpp')).href;
  const child = fork(file, [library, String(threads)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced', execArgv: [] });
  const pending = new Map<number, { resolve: (timing: BareTiming) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let said = '';
  let ended: RouterError | undefined;
  child.stderr?.on('data', (chunk: Buffer) => (said = chunk.toString('utf8').trim().slice(-300)));
  child.on('message', ({ id, timing, failed }: Answer) => {
    const one = pending.get(id);
    pending.delete(id);
    if (timing) one?.resolve(timing);
    else one?.reject(new RouterError('runtime', `The baseline failed: ${failed ?? ''}`));
  });
  child.on('exit', (code) => {
    ended = new RouterError('runtime', `The baseline ended (${String(code)}): ${said}`);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  });
  return {
    run: (call) =>
      new Promise((resolve, reject) => {
        if (ended) {
          reject(ended);
          return;
        }
        nextId += 1;
        pending.set(nextId, { resolve, reject });
        child.send({ id: nextId, call });
      }),
    close: () => {
      child.kill();
    },
  };
}
