// Owns two GGUF children: one that classifies and one that writes, so that a long answer, a crash or a large model's
// hunger for memory never stands between a request and its route.
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../shared/log';
import type { ChildTimings } from './child';
import { ChildKeeper } from './child-keeper';
import { readPieces } from './pieces';
import type { HostCall, HostOptions, HostResults } from './protocol';
import { createQuarantine } from './quarantine';
import type { GpuSetting, LlamaRuntime } from './runtime';

export interface RuntimeSettings {
  readonly gpu: GpuSetting;
  /** 0: one less than the cores there are. */
  readonly threads: number;
  /** Minutes without a call after which a child ends; 0 keeps it. */
  readonly idleMinutes: number;
  /** MiB the models of a child may take; 0: four fifths of the memory that is free when the child starts. */
  readonly memoryLimitMb: number;
}

export const defaultRuntimeSettings: RuntimeSettings = { gpu: 'auto', threads: 0, idleMinutes: 10, memoryLimitMb: 0 };

export interface RuntimeDeps {
  /** The bundled child, `dist/llama-host.js`. */
  readonly hostPath: string;
  /** Folder for KV states and the list of set-aside files; undefined keeps nothing. */
  readonly storage: string | undefined;
  readonly settings: () => RuntimeSettings;
  readonly log: Log;
  /** Told when a file crashed the runtime; called once per file and crash. */
  readonly onQuarantine?: (file: { readonly path: string; readonly what: string }) => void;
  readonly timings?: Partial<ChildTimings>;
}

const TIMINGS: ChildTimings = { startMs: 60_000, loadMs: 60_000, beatMs: 8000, graceMs: 2000 };
/** Large models make a machine slow, and ending a child that is merely slow costs much: its file, its caches. */
const WRITER_TIMINGS: ChildTimings = { ...TIMINGS, beatMs: 30_000, graceMs: 5000 };
const CHUNK_TOKENS = 96;

export function createRuntime(deps: RuntimeDeps): LlamaRuntime {
  const quarantine = createQuarantine(deps.storage === undefined ? undefined : join(deps.storage, 'set-aside.json'), deps.log);
  const keeper = (timings: ChildTimings): ChildKeeper =>
    new ChildKeeper({
      hostPath: deps.hostPath,
      quarantine,
      options: () => hostOptions(deps),
      idleMinutes: () => deps.settings().idleMinutes,
      timings: { ...timings, ...deps.timings },
      log: deps.log,
      onQuarantine: deps.onQuarantine,
    });
  const reader = keeper(TIMINGS);
  const writer = keeper(WRITER_TIMINGS);
  const call = <O extends HostCall>(asked: O, signal: AbortSignal): Promise<HostResults[O['op']]> =>
    (asked.model.use === 'writing' ? writer : reader).call(asked, signal);
  return {
    facts: (model, signal) => call({ op: 'facts', model }, signal),
    embed: (model, texts, signal) => call({ op: 'embed', model, texts }, signal),
    rank: (model, query, documents, signal) => call({ op: 'rank', model, query, documents }, signal),
    choose: (model, request, signal) => call({ op: 'choose', model, request }, signal),
    countTokens: (model, text, signal) => call({ op: 'count', model, text }, signal),
    chat: (model, request, signal) =>
      readPieces((onPiece, inner) => writer.call({ op: 'chat', model, request }, inner, onPiece), signal),
    fill: (model, request, signal) =>
      readPieces((onPiece, inner) => writer.call({ op: 'fill', model, request }, inner, onPiece), signal),
    warm: (model, request) => {
      const warming = request ? call({ op: 'prefill', model, request }, never) : call({ op: 'facts', model }, never);
      warming.catch((error: unknown) => {
        deps.log.debug('Warming the GGUF runtime failed', error);
      });
    },
    state: () => ({ ...reader.state(), quarantined: quarantine.list(), writer: writer.state() }),
    tryAgain: (path) => {
      quarantine.lift(path);
      for (const one of [reader, writer]) one.forgive();
    },
    dispose: () => {
      for (const one of [reader, writer]) one.dispose();
      return Promise.resolve();
    },
  };
}

const never = new AbortController().signal;

function hostOptions(deps: RuntimeDeps): Omit<HostOptions, 'quarantined'> {
  const { gpu, threads, memoryLimitMb } = deps.settings();
  return {
    gpu,
    threads: threads > 0 ? threads : Math.max(1, availableParallelism() - 1),
    chunkTokens: CHUNK_TOKENS,
    stateFolder: deps.storage === undefined ? undefined : join(deps.storage, 'kv'),
    memoryBytes: memoryLimitMb > 0 ? memoryLimitMb * 2 ** 20 : availableMemory() * 0.8,
  };
}

/** Bytes that can be had without swapping; Node 20.13 and newer know, older ones only what is unused. */
function availableMemory(): number {
  const known = (process as { availableMemory?: () => number }).availableMemory;
  return known ? known.call(process) : freemem();
}
