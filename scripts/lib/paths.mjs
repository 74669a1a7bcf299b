// Where things lie. Everything a script makes for itself goes under `.cache/`, which git ignores.
import { linkSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const cacheDir = path.join(root, '.cache');

/** A path under `.cache/`. */
export function cached(...parts) {
  return path.join(cacheDir, ...parts);
}

/**
 * Fills a folder beside its final place and moves it there in one step, so that an interrupted or
 * a second simultaneous run never leaves half a folder behind.
 */
export async function makeFolder(target, fill) {
  const draft = `${target}.draft-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await fill(draft);
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Copies a folder without its bytes: files become hard links. */
export function hardLinkCopy(from, to) {
  mkdirSync(to, { recursive: true });
  for (const item of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, item.name), path.join(to, item.name)];
    if (item.isDirectory()) hardLinkCopy(source, target);
    else if (item.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkSync(source, target);
  }
}
