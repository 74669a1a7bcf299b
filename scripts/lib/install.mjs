// node_modules as package-lock.json says: installed when missing, and again when the lock has changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { npm, step } from './run.mjs';

const stamp = path.join(root, 'node_modules', '.fairlead-installed');

export async function ensureModules() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const wanted = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // `ci` begins by deleting; what is already there is brought up to the lock instead, which is quick and gentle to
  // whoever is working with it at the moment.
  const command = existsSync(path.dirname(stamp)) ? ['install', '--no-save'] : ['ci'];
  await step(`Installing packages (npm ${command[0]})`, () => npm([...command, '--no-audit', '--no-fund'], { quiet: true }));
  writeFileSync(stamp, wanted);
}
