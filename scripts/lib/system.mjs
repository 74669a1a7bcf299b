// What the operating system has, and its package manager where this process may use it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run, step } from './run.mjs';

export function onPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => folder && existsSync(path.join(folder, program)));
}

/** Only as root on a Debian-like Linux (a container, a CI machine); elsewhere the person decides what to install. */
export async function installByApt(packages, what) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !onPath('apt-get')) return;
  await step(`${what} (apt-get install ${packages.join(' ')})`, async () => {
    const options = { quiet: true, mayFail: true, env: { DEBIAN_FRONTEND: 'noninteractive' } };
    await run('apt-get', ['update'], options);
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
  });
}
