// One next-token decision over whole strings: evaluate the prompt in chunks, then read the probabilities of the
// choices' tokens along a trie. No free generation.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp';
import { throwIfAborted } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import { buildTrie, readTrie, type TrieNode } from './choice-trie';
import { wrapperOf } from './host-chat-wrapper';
import type { Loaded } from './host-llama';
import type { HostOptions } from './protocol';
import type { ChoiceAnswer, ChoiceRequest } from './runtime';

/**
 * Added to the logit of every token that may come next, so that the sampler's top entries are these and no others.
 * The same constant for all leaves their ratios as they are; reading a few entries is free where the whole
 * vocabulary's map costs over 100 ms (3.21.1 has no read of raw logits).
 */
const LIFT = 1000;

const KEPT_STATES = 12;

export async function choose(
  loaded: Loaded,
  request: ChoiceRequest,
  options: HostOptions,
  signal: AbortSignal,
): Promise<ChoiceAnswer> {
  const sequence = sequenceOf(loaded);
  const prompt = renderPrompt(loaded, request);
  fitsOrThrow(prompt.tokens.length, loaded);
  const cachedTokens = await bringTo(sequence, prompt.tokens.slice(0, -1), { loaded, options, prompt, signal });
  const trie = buildTrie(request.choices.map((choice) => loaded.model.tokenize(choice, false)));
  const reading = await readTrie(trie, (node) => {
    throwIfAborted(signal);
    return readNext(loaded, prompt.tokens, node);
  });
  return {
    logProbabilities: reading.logProbabilities,
    promptTokens: prompt.tokens.length,
    cachedTokens,
    extraPasses: Math.max(0, reading.passes - 1),
  };
}

/** Evaluates the stable prefix, so that the next request finds it in the cache. */
export async function prefill(
  loaded: Loaded,
  request: ChoiceRequest,
  options: HostOptions,
  signal: AbortSignal,
): Promise<{ promptTokens: number }> {
  const prompt = renderPrompt(loaded, request);
  const stable = prompt.tokens.slice(0, Math.max(prompt.stableTokens, 0));
  await bringTo(sequenceOf(loaded), stable, { loaded, options, prompt, signal });
  return { promptTokens: stable.length };
}

function sequenceOf(loaded: Loaded): LlamaContextSequence {
  if (!loaded.sequence) throw new RouterError('unsupported', 'The model was not opened for generation.');
  return loaded.sequence;
}

interface Prompt {
  readonly tokens: Token[];
  /** Leading tokens that stay the same from request to request. */
  readonly stableTokens: number;
}

function renderPrompt(loaded: Loaded, { prompt, stablePrefix }: ChoiceRequest): Prompt {
  if (prompt.kind === 'raw') {
    const tokens = loaded.model.tokenize(prompt.text, true);
    const stable = stablePrefix === undefined ? [] : loaded.model.tokenize(stablePrefix, true);
    return { tokens, stableTokens: commonLength(tokens, stable) };
  }
  const render = (user: string): Token[] => renderChat(loaded, { ...prompt, user });
  const tokens = render(prompt.user);
  const stable = stablePrefix === undefined ? [] : render(stablePrefix);
  return { tokens, stableTokens: commonLength(tokens, stable) };
}

function renderChat(
  { library, model }: Loaded,
  prompt: Extract<ChoiceRequest['prompt'], { kind: 'chat' }>,
): Token[] {
  const { contextText } = wrapperOf(library, model).generateContextState({
    chatHistory: [
      ...(prompt.system === undefined ? [] : [{ type: 'system' as const, text: prompt.system }]),
      { type: 'user', text: prompt.user },
      { type: 'model', response: [prompt.answerStart] },
    ],
  });
  return contextText.tokenize(model.tokenizer);
}

export function commonLength(a: readonly Token[], b: readonly Token[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function fitsOrThrow(tokens: number, { context }: Loaded): void {
  const room = context?.contextSize ?? 0;
  if (tokens + 32 > room) {
    throw new RouterError('bad_request', `The request has ${tokens} tokens and the context holds ${room}.`);
  }
}

interface Bring {
  readonly loaded: Loaded;
  readonly options: HostOptions;
  readonly prompt: Prompt;
  readonly signal: AbortSignal;
}

/** Makes the sequence hold exactly `tokens`; returns how many of them it held already. */
async function bringTo(sequence: LlamaContextSequence, tokens: Token[], bring: Bring): Promise<number> {
  const { options, prompt, signal } = bring;
  const stateFile = stateFileOf(bring);
  if (sequence.nextTokenIndex === 0 && stateFile !== undefined && existsSync(stateFile)) {
    await sequence.loadStateFromFile(stateFile, { acceptRisk: true });
    await utimes(stateFile, new Date(), new Date());
  }
  await sequence.adaptStateToTokens(tokens, false);
  const cached = sequence.nextTokenIndex;
  const stable = Math.min(prompt.stableTokens, tokens.length);
  if (cached < stable) {
    await evaluate(sequence, tokens.slice(cached, stable), { chunk: options.chunkTokens, signal });
    if (stateFile !== undefined) await saveState(sequence, stateFile);
  }
  await evaluate(sequence, tokens.slice(Math.max(cached, stable)), { chunk: options.chunkTokens, signal });
  return cached;
}

async function evaluate(
  sequence: LlamaContextSequence,
  tokens: Token[],
  { chunk, signal }: { readonly chunk: number; readonly signal: AbortSignal },
): Promise<void> {
  for (let start = 0; start < tokens.length; start += chunk) {
    throwIfAborted(signal);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(start, start + chunk));
  }
}

/** Keyed by everything a saved state depends on: a state of another model can crash the process. */
function stateFileOf({ loaded, options, prompt }: Bring): string | undefined {
  if (options.stateFolder === undefined || prompt.stableTokens < options.chunkTokens) return undefined;
  const key = createHash('sha256')
    .update(JSON.stringify([loaded.facts.sha256, loaded.facts.device, loaded.context?.contextSize]))
    .update(JSON.stringify(prompt.tokens.slice(0, prompt.stableTokens)))
    .digest('hex');
  return join(options.stateFolder, `${key.slice(0, 40)}.kv`);
}

async function saveState(sequence: LlamaContextSequence, file: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  await sequence.saveStateToFile(part);
  await rename(part, file);
  await prune(join(file, '..'));
}

/** One file per set of routes and model, some megabytes each: the ones used last are kept. */
async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.kv'));
  if (names.length <= KEPT_STATES) return;
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  dated.sort((a, b) => b.at - a.at);
  for (const { name } of dated.slice(KEPT_STATES)) await rm(join(folder, name), { force: true });
}

async function readNext(loaded: Loaded, prompt: Token[], node: TrieNode): Promise<ReadonlyMap<number, number>> {
  const { library, model } = loaded;
  const sequence = sequenceOf(loaded);
  const all = [...prompt, ...(node.path as readonly Token[])];
  const held = all.slice(0, -1);
  await sequence.adaptStateToTokens(held, false);
  const missing = held.slice(sequence.nextTokenIndex);
  const wanted = [...node.children.keys()] as Token[];
  const bias = new library.TokenBias(model.tokenizer).set(wanted, { logit: LIFT });
  const last: ControlledEvaluateInputItem = [
    all[all.length - 1] as Token,
    { generateNext: { probabilities: true, options: { temperature: 1, topK: wanted.length, topP: 1, minP: 0, tokenBias: bias } } },
  ];
  const output = await sequence.controlledEvaluate([...missing, last]);
  const probabilities = output.at(-1)?.next.probabilities;
  if (!probabilities) throw new RouterError('runtime', 'The runtime gave no probabilities.');
  return probabilities;
}
