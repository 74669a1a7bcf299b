// Which dialect a model speaks, told by its names.
import { archRouter } from './arch-router';
import type { Dialect, DialectId, PromptOrder } from './dialect';
import { generic } from './generic';
import { plano } from './plano';

/** `names`: file name, the header's general.name, the name on a server. Quantisation and version do not matter. */
export function detectDialect(names: readonly string[]): DialectId {
  const plain = names.map((name) => (name.split(/[\\/]/u).at(-1) ?? name).toLowerCase().replace(/[^a-z0-9]+/gu, ' '));
  if (plain.some((name) => /\b(?:plano|arch) ?orchestrator\b/u.test(name))) return 'plano';
  if (plain.some((name) => /\barch ?router\b/u.test(name))) return 'arch-router';
  return 'generic';
}

export function dialectOf(id: DialectId, order: PromptOrder = 'trained'): Dialect {
  switch (id) {
    case 'arch-router':
      return archRouter(order);
    case 'plano':
      return plano(order);
    case 'generic':
      return generic();
  }
}
