// Remembers what was asked for each decision of this session, and the corrections of all sessions. Kept in VS Code's
// own storage on this machine, never synchronised, never logged.
import type * as vscode from 'vscode';
import * as z from 'zod';
import { addCorrection, withCorrections, type Correction } from '../learning/corrections';
import type { Route } from '../router/types';
import { once } from '../shared/lazily';

const STORED = 'fairlead.corrections';
/** Requests whose words are remembered, so that they can still be corrected. */
const HEARD = 200;

const stored = once(() => z.object({ route: z.string(), text: z.string(), at: z.number() }));

export interface Corrections {
  /** The words a decision was made about. */
  heard(decisionId: string, text: string | undefined): void;
  textOf(decisionId: string): string | undefined;
  list(): readonly Correction[];
  add(route: string, text: string): Promise<void>;
  forget(some: readonly Correction[]): Promise<void>;
  /** The routes with corrections as examples; the same array for the same input, so that vectors are kept. */
  applied(routes: readonly Route[]): readonly Route[];
}

export function createCorrections(memory: vscode.Memento): Corrections {
  const words = new Map<string, string>();
  let known = read(memory);
  let joined = new WeakMap<readonly Route[], readonly Route[]>();
  const keep = async (next: readonly Correction[]): Promise<void> => {
    known = next;
    joined = new WeakMap();
    await memory.update(STORED, next);
  };
  return {
    heard: (decisionId, text) => {
      if (text === undefined || text.trim() === '') return;
      words.set(decisionId, text);
      const [oldest] = words.keys();
      if (words.size > HEARD && oldest !== undefined) words.delete(oldest);
    },
    textOf: (decisionId) => words.get(decisionId),
    list: () => known,
    add: (route, text) => keep(addCorrection(known, { route, text, at: Date.now() })),
    forget: (some) => keep(known.filter((one) => !some.includes(one))),
    applied: (routes) => {
      const found = joined.get(routes) ?? withCorrections(routes, known);
      joined.set(routes, found);
      return found;
    },
  };
}

/** An entry that cannot be read is left out. */
function read(memory: vscode.Memento): readonly Correction[] {
  const found = memory.get<unknown>(STORED);
  return Array.isArray(found) ? found.flatMap((one) => stored().safeParse(one).data ?? []) : [];
}
