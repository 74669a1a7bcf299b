// Keeps at most one child: starts it when it is needed, starts it again with back-off when it died, ends it when it
// is idle, and sets aside the file that killed it.
import { abortError } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import { GgufChild, type ChildTimings, type Death, type OnPiece } from './child';
import type { HostCall, HostOptions, HostResults } from './protocol';
import type { Quarantine } from './quarantine';
import type { RuntimeState } from './runtime';

export interface KeeperDeps {
  readonly hostPath: string;
  /** Shared by all children: a file that crashed one would crash the other. */
  readonly quarantine: Quarantine;
  /** Asked at each start. */
  readonly options: () => Omit<HostOptions, 'quarantined'>;
  /** Minutes without a call after which the child ends; 0 keeps it. */
  readonly idleMinutes: () => number;
  readonly timings: ChildTimings;
  readonly log: Log;
  readonly onQuarantine: ((file: { readonly path: string; readonly what: string }) => void) | undefined;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** A child that lived this long has earned a fresh back-off. */
const HEALTHY_MS = 30_000;

/** A class because it has a lifetime: it remembers how its last children died. */
export class ChildKeeper {
  private child: GgufChild | undefined;
  private startedAt = 0;
  private restarts = 0;
  private backoffMs = 0;
  private notBefore = 0;
  private disposed = false;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly deps: KeeperDeps) {}

  async call<O extends HostCall>(asked: O, signal: AbortSignal, onPiece?: OnPiece): Promise<HostResults[O['op']]> {
    if (signal.aborted) throw abortError(signal);
    const aside = this.deps.quarantine.list().find(({ path }) => path === asked.model.path);
    if (aside) {
      throw new RouterError('bad_file', `${aside.path} is set aside because it crashed the runtime (${aside.what}).`);
    }
    try {
      return await this.running().call(asked, signal, onPiece);
    } finally {
      this.restartIdleClock();
    }
  }

  state(): RuntimeState['writer'] {
    return {
      child: this.child ? 'ready' : this.notBefore > Date.now() ? 'backing_off' : 'stopped',
      restarts: this.restarts,
      rssBytes: this.child?.rssBytes,
    };
  }

  /** A file was taken off the list of those set aside. */
  forgive(): void {
    this.notBefore = 0;
    // The running child was told the old list when it started.
    if (this.child?.busy === false) this.child.kill('a file may be tried again');
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.idleTimer);
    this.child?.kill('disposed');
  }

  private running(): GgufChild {
    if (this.disposed) throw new RouterError('runtime', 'The GGUF runtime has been shut down.');
    if (this.child) return this.child;
    const waitMs = this.notBefore - Date.now();
    if (waitMs > 0) {
      throw new RouterError('runtime', `The GGUF runtime starts again in ${Math.ceil(waitMs / 1000)} s.`);
    }
    this.startedAt = Date.now();
    const { hostPath, options, quarantine, timings, log } = this.deps;
    this.child = new GgufChild({
      hostPath,
      options: { ...options(), quarantined: quarantine.list().map(({ sha256 }) => sha256) },
      timings,
      log,
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
    this.deps.quarantine.add({ ...death.blamed, what: death.what, at: Date.now() });
    this.deps.onQuarantine?.({ path: death.blamed.path, what: death.what });
  }

  private restartIdleClock(): void {
    clearTimeout(this.idleTimer);
    const idleMinutes = this.deps.idleMinutes();
    if (idleMinutes <= 0 || !this.child) return;
    this.idleTimer = setTimeout(() => {
      if (this.child?.busy === true) this.restartIdleClock();
      else this.child?.kill('idle');
    }, idleMinutes * 60_000);
    this.idleTimer.unref();
  }
}
