// First line of every script: the right Node, then the packages. Uses nothing but Node itself.
import { ensureModules } from './install.mjs';
import { ensureNode24 } from './node24.mjs';

export async function prepare() {
  await ensureNode24();
  await ensureModules();
}
