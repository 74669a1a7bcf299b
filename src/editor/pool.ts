// The models known now. Answers at once from what the last look found and looks again in the background,
// so that no request waits for a server that does not answer.
import * as vscode from 'vscode';
import type { Candidate } from '../router/types';
import type { Settings } from '../settings/settings';
import { isAbort, withDeadline } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import type { Ending } from './ending';
import type { SettingsStore } from './settings-store';

/** A look at servers and at VS Code's models; `Found` is the adapters' own word for what it saw. */
export interface PoolDeps<Found> {
  readonly settings: SettingsStore;
  readonly discover: (settings: Settings, signal: AbortSignal) => Promise<Found>;
  readonly build: (settings: Settings, found: Found | undefined, offered: readonly OfferedModel[]) => Promise<readonly Candidate[]>;
  /** Models that VS Code offers, own vendor excluded. */
  readonly offered: () => Promise<readonly OfferedModel[]>;
  readonly log: Log;
}

/** A model of `vscode.lm`, without VS Code's types. */
export interface OfferedModel {
  readonly vendor: string;
  readonly family: string;
  readonly id: string;
  readonly name: string;
  readonly maxInputTokens: number;
}

export interface Pool extends Ending {
  candidates(): readonly Candidate[];
  /** Resolves when there has been a look; at the latest after `FIRST_LOOK_MS`. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** Looks again now. */
  refresh(): Promise<readonly Candidate[]>;
  /** Takes the first look, and looks again when settings, keys or VS Code's models change. */
  watch(onDidChangeKeys: vscode.Event<unknown>): vscode.Disposable;
  readonly onDidChange: vscode.Event<void>;
}

const FIRST_LOOK_MS = 2500;
const LOOK_DEADLINE_MS = 8000;
/** A look older than this is repeated in the background at the next request. */
const FRESH_MS = 30_000;

export function createPool<Found>(deps: PoolDeps<Found>): Pool {
  const changed = new vscode.EventEmitter<void>();
  const ending = new AbortController();
  let known: readonly Candidate[] | undefined;
  let lookedAt = 0;

  const looks = oneAtATime(async () => {
    const built = await look(deps, ending.signal);
    const same = JSON.stringify(built) === JSON.stringify(known);
    known = built;
    lookedAt = Date.now();
    if (same) return built;
    deps.log.debug(`models: ${built.map(summary).join(', ') || 'none found'}`);
    changed.fire();
    return built;
  });
  // What changed must count for the next request: `ready` waits for the look that follows.
  let awaited: Promise<unknown> | undefined;
  const again = (): void => {
    const look = looks.another().finally(() => {
      if (awaited === look) awaited = undefined;
    });
    awaited = look;
  };

  return {
    candidates: () => known ?? [],
    ready: async (signal) => {
      if (known && Date.now() - lookedAt > FRESH_MS) void looks.current();
      const look = known ? awaited : looks.current();
      if (look) await withDeadline(FIRST_LOOK_MS, signal, () => look).catch(unlessAborted(deps.log));
    },
    refresh: looks.another,
    watch: (onDidChangeKeys) => {
      void looks.current();
      return vscode.Disposable.from(
        deps.settings.onDidChange(again),
        onDidChangeKeys(again),
        // Our own models change with every look: these changes must not be waited for.
        vscode.lm.onDidChangeChatModels(() => void looks.another()),
      );
    },
    onDidChange: changed.event,
    dispose: () => {
      ending.abort();
      changed.dispose();
    },
  };
}

async function look<Found>(deps: PoolDeps<Found>, signal: AbortSignal): Promise<readonly Candidate[]> {
  const settings = deps.settings.for();
  const orNothing = unlessAborted(deps.log);
  const [found, offered] = await Promise.all([
    withDeadline(LOOK_DEADLINE_MS, signal, (inner) => deps.discover(settings, inner)).catch(orNothing),
    withDeadline(LOOK_DEADLINE_MS, signal, deps.offered).catch(orNothing),
  ]);
  return deps.build(settings, found, offered ?? []);
}

function unlessAborted(log: Log): (error: unknown) => undefined {
  return (error) => {
    if (isAbort(error)) throw error;
    log.debug(`looking for models: ${messageOf(error)}`);
    return undefined;
  };
}

interface Looks<T> {
  /** The run under way, or a new one. */
  readonly current: () => Promise<T>;
  /** A run that begins after now: one under way may not see what just changed. */
  readonly another: () => Promise<T>;
}

function oneAtATime<T>(work: () => Promise<T>): Looks<T> {
  let running: Promise<T> | undefined;
  let queued: Promise<T> | undefined;
  const current = (): Promise<T> => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const another = (): Promise<T> => {
    queued ??= Promise.resolve(running).then(() => {
      queued = undefined;
      return current();
    });
    return queued;
  };
  return { current, another };
}

function summary({ id, unavailable }: Candidate): string {
  return unavailable === undefined ? id : `${id} (${unavailable})`;
}
