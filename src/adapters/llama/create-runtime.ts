// Owns the GGUF child: starts it when it is needed, starts it again with back-off when it died, ends it when it
// is idle, and sets aside the file that killed it.
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { abortError } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import { GgufChild, type ChildDeps, type ChildTimings, type Death } from './child';
import type { HostCall, HostResults } from './protocol';
import { createQuarantine, type Quarantine } from './quarantine';
import type { GpuSetting, LlamaRuntime, RuntimeState } from './runtime';

export interface RuntimeSettings {
  readonly gpu: GpuSetting;
  /** 0: one less than the cores there are. */
  readonly threads: number;
  /** Minutes without a call after which the child ends; 0 keeps it. */
  readonly idleMinutes: number;
  /** MiB a model may take; 0: four fifths of the memory that is free when the child starts. */
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

const TIMINGS: ChildTimings = { startMs: 20_000, loadMs: 60_000, beatMs: 8000, graceMs: 2000 };
const CHUNK_TOKENS = 96;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** A child that lived this long has earned a fresh back-off. */
const HEALTHY_MS = 30_000;

export function createRuntime(deps: RuntimeDeps): LlamaRuntime {
  const keeper = new ChildKeeper(deps);
  const call = <O extends HostCall>(asked: O, signal: AbortSignal): Promise<HostResults[O['op']]> =>
    keeper.call(asked, signal);
  return {
    facts: (model, signal) => call({ op: 'facts', model }, signal),
    embed: (model, texts, signal) => call({ op: 'embed', model, texts }, signal),
    rank: (model, query, documents, signal) => call({ op: 'rank', model, query, documents }, signal),
    choose: (model, request, signal) => call({ op: 'choose', model, request }, signal),
    countTokens: (model, text, signal) => call({ op: 'count', model, text }, signal),
    warm: (model, request) => {
      const warming = request ? call({ op: 'prefill', model, request }, never) : call({ op: 'facts', model }, never);
      warming.catch((error: unknown) => {
        deps.log.debug('Warming the GGUF runtime failed', error);
      });
    },
    state: () => keeper.state(),
    tryAgain: (path) => {
      keeper.tryAgain(path);
    },
    dispose: () => keeper.dispose(),
  };
}

/** A class because it has a lifetime: it keeps at most one child, and remembers how the last ones died. */
class ChildKeeper {
  private readonly quarantine: Quarantine;
  private child: GgufChild | undefined;
  private startedAt = 0;
  private restarts = 0;
  private backoffMs = 0;
  private notBefore = 0;
  private disposed = false;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly deps: RuntimeDeps) {
    const file = deps.storage === undefined ? undefined : join(deps.storage, 'set-aside.json');
    this.quarantine = createQuarantine(file, deps.log);
  }

  async call<O extends HostCall>(asked: O, signal: AbortSignal): Promise<HostResults[O['op']]> {
    if (signal.aborted) throw abortError(signal);
    const aside = this.quarantine.list().find(({ path }) => path === asked.model.path);
    if (aside) {
      throw new RouterError('bad_file', `${aside.path} is set aside because it crashed the runtime (${aside.what}).`);
    }
    try {
      return await this.running().call(asked, signal);
    } finally {
      this.restartIdleClock();
    }
  }

  state(): RuntimeState {
    return {
      child: this.child ? 'ready' : this.notBefore > Date.now() ? 'backing_off' : 'stopped',
      quarantined: this.quarantine.list(),
      restarts: this.restarts,
      rssBytes: this.child?.rssBytes,
    };
  }

  tryAgain(path: string): void {
    this.quarantine.lift(path);
    this.notBefore = 0;
    // The running child was told the old list when it started.
    if (this.child?.busy === false) this.child.kill('a file may be tried again');
  }

  dispose(): Promise<void> {
    this.disposed = true;
    clearTimeout(this.idleTimer);
    this.child?.kill('disposed');
    return Promise.resolve();
  }

  private running(): GgufChild {
    if (this.disposed) throw new RouterError('runtime', 'The GGUF runtime has been shut down.');
    if (this.child) return this.child;
    const waitMs = this.notBefore - Date.now();
    if (waitMs > 0) {
      throw new RouterError('runtime', `The GGUF runtime starts again in ${Math.ceil(waitMs / 1000)} s.`);
    }
    this.startedAt = Date.now();
    this.child = new GgufChild({
      hostPath: this.deps.hostPath,
      options: hostOptions(this.deps, this.quarantine.list().map(({ sha256 }) => sha256)),
      timings: { ...TIMINGS, ...this.deps.timings },
      log: this.deps.log,
      onDeath: (death) => {
        this.onDeath(death);
      },
    });
    return this.child;
  }

  private onDeath(death: Death): void {
    this.child = undefined;
    clearTimeout(this.idleTimer);
    if (death.intended) return;
    this.restarts += 1;
    const healthy = Date.now() - this.startedAt > HEALTHY_MS;
    this.backoffMs = healthy ? FIRST_BACKOFF_MS : Math.min(LONGEST_BACKOFF_MS, Math.max(FIRST_BACKOFF_MS, this.backoffMs * 2));
    this.notBefore = Date.now() + this.backoffMs;
    this.deps.log.warn(`The GGUF runtime stopped (${death.what}); it may start again in ${this.backoffMs} ms.`);
    if (!death.blamed) return;
    this.quarantine.add({ ...death.blamed, what: death.what, at: Date.now() });
    this.deps.onQuarantine?.({ path: death.blamed.path, what: death.what });
  }

  private restartIdleClock(): void {
    clearTimeout(this.idleTimer);
    const { idleMinutes } = this.deps.settings();
    if (idleMinutes <= 0 || !this.child) return;
    this.idleTimer = setTimeout(() => {
      if (this.child?.busy === true) this.restartIdleClock();
      else this.child?.kill('idle');
    }, idleMinutes * 60_000);
    this.idleTimer.unref();
  }
}

const never = new AbortController().signal;

function hostOptions(deps: RuntimeDeps, quarantined: readonly string[]): ChildDeps['options'] {
  const { gpu, threads, memoryLimitMb } = deps.settings();
  return {
    gpu,
    threads: threads > 0 ? threads : Math.max(1, availableParallelism() - 1),
    chunkTokens: CHUNK_TOKENS,
    stateFolder: deps.storage === undefined ? undefined : join(deps.storage, 'kv'),
    memoryBytes: memoryLimitMb > 0 ? memoryLimitMb * 2 ** 20 : availableMemory() * 0.8,
    quarantined,
  };
}

/** Bytes that can be had without swapping; Node 20.13 and newer know, older ones only what is unused. */
function availableMemory(): number {
  const known = (process as { availableMemory?: () => number }).availableMemory;
  return known ? known.call(process) : freemem();
}
