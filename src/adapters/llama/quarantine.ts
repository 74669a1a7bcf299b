// Files that crashed the runtime, by hash, kept over restarts until the user says "try again".
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { messageOf } from '../../shared/errors';
import { once } from '../../shared/lazily';
import type { Log } from '../../shared/log';

const entries = once(() => z.array(z.object({ sha256: z.string(), path: z.string(), what: z.string(), at: z.number() })));
export type Quarantined = z.infer<ReturnType<typeof entries>>[number];

export interface Quarantine {
  list(): readonly Quarantined[];
  add(one: Quarantined): void;
  /** Forgets a file by its path. */
  lift(path: string): void;
}

/** `file` is undefined where nothing should be kept over restarts. */
export function createQuarantine(file: string | undefined, log: Log): Quarantine {
  let entries = file === undefined ? [] : readEntries(file, log);
  const save = (): void => {
    if (file === undefined) return;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.part`, JSON.stringify(entries, null, 2));
      renameSync(`${file}.part`, file);
    } catch (error) {
      log.warn(`The list of set-aside models could not be saved: ${messageOf(error)}`);
    }
  };
  return {
    list: () => entries,
    add: (one) => {
      entries = [...entries.filter((known) => known.sha256 !== one.sha256), one];
      save();
    },
    lift: (path) => {
      entries = entries.filter((known) => known.path !== path);
      save();
    },
  };
}

function readEntries(file: string, log: Log): Quarantined[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    log.trace(`No set-aside models yet: ${messageOf(error)}`);
    return [];
  }
  try {
    return entries().parse(JSON.parse(text));
  } catch (error) {
    log.warn(`The list of set-aside models is damaged and starts anew: ${messageOf(error)}`);
    return [];
  }
}
