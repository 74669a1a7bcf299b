// What the HTTP backends are given.
import type { Log } from '../shared/log';
import type { Deadlines } from './deadlines';

export interface HttpBackendDeps {
  /** The key stored for the host of this base address, under a name where it has several; sent to that host only. */
  readonly key: (baseUrl: string, name?: string) => Promise<string | undefined>;
  readonly log: Log;
  readonly fetch?: typeof fetch;
  readonly deadlines?: Partial<Deadlines>;
  /** Most bytes one answer may have; 64 MiB when left out. */
  readonly maxAnswerBytes?: number;
}
