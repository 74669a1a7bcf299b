// One life of the GGUF child: fork, calls, heartbeat, soft and hard abort, death. Decides when a child is dead,
// not whether to start another one.
import { fork, type ChildProcess } from 'node:child_process';
import { abortError } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import type { FromHost, HostCall, HostOptions, HostResults, Piece, ToHost } from './protocol';
import { createWatchdog, type Watchdog, type WatchdogTimings } from './watchdog';

export interface ChildTimings extends WatchdogTimings {
  /** From a cancelled call to the hard kill, when the child does not stop by itself. */
  readonly graceMs: number;
}

export interface Death {
  /** The file that was loading or in use, when that is what killed the child. */
  readonly blamed: { readonly path: string; readonly sha256: string } | undefined;
  readonly what: string;
  /** True when we ended it on purpose: idle, disposal, a cancelled call. */
  readonly intended: boolean;
}

export interface ChildDeps {
  readonly hostPath: string;
  readonly options: HostOptions;
  readonly timings: ChildTimings;
  readonly log: Log;
  readonly onDeath: (death: Death) => void;
}

/** Takes the pieces of an answer; `taken` tells the child how many the reader has had. */
export type OnPiece = (piece: Piece, taken: (pieces: number) => void) => void;

interface Pending {
  readonly call: HostCall;
  readonly onPiece: OnPiece | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  /** Undoes timers and listeners. */
  readonly settle: () => void;
}

/** A class because it has a lifetime: from fork to death, once. */
export class GgufChild {
  private readonly process: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  /** Path -> hash of the files this child has read. */
  private readonly hashes = new Map<string, string>();
  private readonly watchdog: Watchdog;
  private nextId = 0;
  private rss: number | undefined;
  /** When it could be asked to stop at the latest: until it is ready, it may not hear. */
  private deafUntil: number;
  private dead = false;
  private intended = false;
  private loading: Death['blamed'];
  private lastStderr = '';

  constructor(private readonly deps: ChildDeps) {
    this.process = forkHost(deps.hostPath);
    this.deafUntil = Date.now() + deps.timings.startMs;
    this.watchdog = createWatchdog(deps.timings, (what) => {
      this.end(what);
    });
    this.process.on('message', (message: FromHost) => {
      this.hear(message);
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8').trim();
      this.lastStderr = worstLine(text) ?? this.lastStderr;
      deps.log.debug(`gguf child: ${text}`);
    });
    this.process.once('error', (error) => {
      this.bury(error.message);
    });
    this.process.once('exit', (code, signal) => {
      const last = this.lastStderr === '' ? '' : ` (${this.lastStderr})`;
      this.bury(`exit ${signal ?? code ?? 'unknown'}${last}`, signal);
    });
    this.post({ type: 'start', options: deps.options });
  }

  get rssBytes(): number | undefined {
    return this.rss;
  }

  get busy(): boolean {
    return this.pending.size > 0;
  }

  /** Ends the child on purpose; no file is blamed. */
  kill(why: string): void {
    this.intended = true;
    this.end(why);
  }

  call<O extends HostCall>(call: O, signal: AbortSignal, onPiece?: OnPiece): Promise<HostResults[O['op']]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted || this.dead) {
        reject(signal.aborted ? abortError(signal) : new RouterError('runtime', 'The GGUF runtime is not running.'));
        return;
      }
      const id = (this.nextId += 1);
      let grace: ReturnType<typeof setTimeout> | undefined;
      const onAbort = (): void => {
        // The caller is free at once; the child gets a moment to stop between two chunks.
        this.post({ type: 'cancel', id });
        reject(abortError(signal));
        const end = (): void => {
          // A child that starts, or loads a file, is wanted again soon; how long that may take is the watchdog's to say.
          if (this.watchdog.isLoading || Date.now() < this.deafUntil) grace = setTimeout(end, this.deps.timings.graceMs);
          else if (this.pending.has(id)) this.kill('a cancelled call did not stop');
        };
        grace = setTimeout(end, this.deps.timings.graceMs);
      };
      const settle = (): void => {
        clearTimeout(grace);
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.pending.set(id, { call, onPiece, resolve, reject, settle });
      this.post({ type: 'call', id, call });
    });
  }

  private post(message: ToHost): void {
    if (this.process.connected) this.process.send(message);
  }

  private hear(message: FromHost): void {
    this.watchdog.beat();
    switch (message.type) {
      case 'ready':
        this.deafUntil = 0;
        this.watchdog.ready();
        break;
      case 'beat':
        this.rss = message.rssBytes;
        break;
      case 'loading':
        this.loading = { path: message.path, sha256: message.sha256 };
        this.hashes.set(message.path, message.sha256);
        this.watchdog.loading(message.bytes);
        break;
      case 'loaded':
        this.loading = undefined;
        this.watchdog.loading(undefined);
        break;
      case 'piece':
        this.pending.get(message.id)?.onPiece?.(message.piece, (pieces) => {
          this.post({ type: 'taken', id: message.id, pieces });
        });
        break;
      case 'done':
      case 'failed':
        this.finish(message);
    }
  }

  private finish(message: Extract<FromHost, { type: 'done' | 'failed' }>): void {
    const one = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (!one) return;
    one.settle();
    if (message.type === 'done') one.resolve(message.result as never);
    else if (message.code === 'aborted') one.reject(new DOMException('The request was cancelled.', 'AbortError'));
    else one.reject(new RouterError(message.code, message.message));
  }

  private end(what: string): void {
    if (this.dead) return;
    this.process.kill('SIGKILL');
    this.bury(what, 'hung');
  }

  private bury(what: string, how: NodeJS.Signals | 'hung' | null = null): void {
    if (this.dead) return;
    this.dead = true;
    this.watchdog.stop();
    const active = [...this.pending.values()];
    this.pending.clear();
    for (const one of active) {
      one.settle();
      one.reject(new RouterError('runtime', `The GGUF runtime stopped: ${what}.`));
    }
    // A SIGKILL that is not ours is the system running out of memory: no file's fault. Nor is silence that of a file
    // that had been loaded well: a machine may be that busy.
    const inUse = how === 'hung' ? undefined : blameFor(active.map(({ call }) => call.model.path), this.hashes);
    const blamed = this.intended || how === 'SIGKILL' ? undefined : (this.loading ?? inUse);
    this.deps.onDeath({ blamed, what, intended: this.intended });
  }
}

function forkHost(hostPath: string): ChildProcess {
  return fork(hostPath, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // In VS Code the executable is Electron, which behaves as Node only when told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
}

/** Node's own last line after an exception is its version. */
function worstLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => !/^(?:Node\.js v|\s|$)/u.test(line));
  return lines.find((line) => /error/iu.test(line)) ?? lines.at(-1);
}

/** The file in use; nobody knows which one it was when several were. */
function blameFor(paths: readonly string[], hashes: ReadonlyMap<string, string>): Death['blamed'] {
  const [path, ...others] = new Set(paths);
  const sha256 = path === undefined || others.length > 0 ? undefined : hashes.get(path);
  return path === undefined || sha256 === undefined ? undefined : { path, sha256 };
}
