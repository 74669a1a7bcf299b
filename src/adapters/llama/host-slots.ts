// The contexts in which one model writes. A request takes the one that holds most of its prompt already; a context
// grows when a request needs more than it has.
import type { LlamaContext, LlamaModel, Token } from 'node-llama-cpp';
import { abortError, throwIfAborted } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import { nativeStep } from './host-load';
import { paceSequence, type PacedSequence } from './host-pace';
import type { HostOptions } from './protocol';

export interface SlotDeps {
  readonly model: LlamaModel;
  readonly options: HostOptions;
  /** How many at most. */
  readonly most: number;
  /** Bytes that may still be used; makes no room by itself. */
  readonly free: () => number;
  /** Makes room for so many bytes, or rejects. */
  readonly room: (bytes: number) => Promise<void>;
}

export interface Wanted {
  readonly prompt: readonly Token[];
  /** Tokens to write at least, when the window allows. */
  readonly answerTokens: number;
  /** Largest context. */
  readonly windowTokens: number;
}

export interface Slot extends PacedSequence {
  /** Of the context, or of the window that was asked for where that is smaller. */
  readonly contextTokens: number;
  release(): void;
}

export interface Slots {
  take(wanted: Wanted, signal: AbortSignal): Promise<Slot>;
  readonly bytes: number;
}

interface Held {
  opened: { readonly context: LlamaContext; readonly paced: PacedSequence; readonly tokens: number; readonly bytes: number } | undefined;
  busy: boolean;
  /** Of the request that has it. */
  signal: AbortSignal | undefined;
  usedAt: number;
}

const LEAST_CONTEXT = 2048;
/** Of the memory that is free, what a context may take beyond its need. */
const SHARE = 0.25;

export function createSlots(deps: SlotDeps): Slots {
  const held: Held[] = [];
  let waiting: (() => void)[] = [];
  const release = (slot: Held): void => {
    slot.busy = false;
    slot.usedAt = performance.now();
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  const take = async (wanted: Wanted, signal: AbortSignal): Promise<Slot> => {
    let slot = pick(held, wanted.prompt, mayOpen(held, deps));
    while (!slot) {
      await once(signal, (wake) => waiting.push(wake));
      slot = pick(held, wanted.prompt, mayOpen(held, deps));
    }
    const own = slot;
    if (!held.includes(own)) held.push(own);
    own.busy = true;
    own.signal = signal;
    try {
      throwIfAborted(signal);
      const { paced, tokens } = await fitted(own, wanted, deps);
      return { ...paced, contextTokens: Math.min(tokens, wanted.windowTokens), release: () => release(own) };
    } catch (error) {
      if (!own.opened) held.splice(held.indexOf(own), 1);
      release(own);
      throw error;
    }
  };
  return {
    take,
    get bytes() {
      return held.reduce((sum, { opened }) => sum + (opened?.bytes ?? 0), 0);
    },
  };
}

/** A second context is worth the memory that nobody else uses, not another model's place. */
function mayOpen(held: readonly Held[], { most, free }: SlotDeps): boolean {
  return held.length === 0 || (held.length < most && held.every(({ opened }) => (opened?.bytes ?? 0) < free()));
}

/**
 * The free context whose content helps most, unless it would throw away more than it saves and a new one may be
 * opened; undefined when all are busy, or when the best one is about to be free.
 */
function pick(held: readonly Held[], prompt: readonly Token[], another: boolean): Held | undefined {
  const free = held.filter(({ busy }) => !busy);
  const stopping = held.filter(({ busy, signal }) => busy && signal?.aborted === true);
  const rated = [...free, ...stopping].map((slot) => {
    const has = slot.opened?.paced.sequence.contextTokens ?? [];
    let same = 0;
    while (same < has.length && same < prompt.length && has[same] === prompt[same]) same += 1;
    return { slot, same, lost: has.length - same };
  });
  const [best] = rated.filter(({ same, lost }) => same > 0 && same >= lost).sort((a, b) => b.same - a.same);
  if (best) return best.slot.busy ? undefined : best.slot;
  if (another) return { opened: undefined, busy: false, signal: undefined, usedAt: 0 };
  return free.sort((a, b) => a.usedAt - b.usedAt)[0];
}

async function fitted(slot: Held, { prompt, answerTokens, windowTokens }: Wanted, deps: SlotDeps): Promise<NonNullable<Held['opened']>> {
  const window = Math.min(windowTokens, deps.model.trainContextSize);
  // Two tokens of room: one that ends the answer, and one that the library keeps.
  const least = prompt.length + 2;
  if (least > window) throw new RouterError('bad_request', `The request has ${prompt.length} tokens and the model's window holds ${window}.`);
  const needed = Math.min(window, least + answerTokens);
  if (slot.opened && slot.opened.tokens >= needed) return slot.opened;
  const grown = slot.opened;
  slot.opened = undefined;
  await grown?.context.dispose();
  slot.opened = await openContext(deps, needed, window);
  return slot.opened;
}

async function openContext(deps: SlotDeps, needed: number, window: number): Promise<NonNullable<Held['opened']>> {
  const { model, options } = deps;
  const bytesOf = await contextBytes(model);
  let tokens = LEAST_CONTEXT;
  while (tokens < needed || (tokens * 2 <= window && bytesOf(tokens * 2) <= deps.free() * SHARE)) tokens *= 2;
  tokens = Math.min(tokens, window);
  const bytes = bytesOf(tokens);
  await deps.room(bytes);
  const context = await nativeStep(() => model.createContext({ contextSize: tokens, sequences: 1, threads: options.threads }));
  return { context, paced: paceSequence(context.getSequence(), options.chunkTokens), tokens, bytes };
}

/** The library's own estimate at two sizes; memory grows in proportion between them and beyond. */
async function contextBytes(model: LlamaModel): Promise<(tokens: number) => number> {
  const at = async (contextSize: number): Promise<number> => {
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      modelGpuLayers: model.gpuLayers,
      sequences: 1,
    });
    return cpuRam + gpuVram;
  };
  const [small, large] = [await at(LEAST_CONTEXT), await at(LEAST_CONTEXT * 2)];
  return (tokens) => small + ((large - small) / LEAST_CONTEXT) * (tokens - LEAST_CONTEXT);
}

/** Resolves when `register`'s callback is called, rejects at once on abort. */
function once(signal: AbortSignal, register: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortError(signal));
    signal.addEventListener('abort', stop, { once: true });
    register(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    if (signal.aborted) stop();
  });
}
