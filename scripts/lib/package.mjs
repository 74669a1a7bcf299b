// The installable VSIX for this platform, made again only when something that goes into it has changed.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { cached, root } from './paths.mjs';
import { run, step } from './run.mjs';

/** vsce's name of a platform, and node-llama-cpp's package for it. */
const NATIVE = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-armhf': 'linux-armv7l',
  'darwin-x64': 'mac-x64',
  'darwin-arm64': 'mac-arm64-metal',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

const INPUTS = ['package.json', 'package-lock.json', '.vscodeignore', '*.md', 'LICENSE', 'dist/**', 'media/**', 'models/**', 'l10n/**'];

/** @returns {Promise<string>} the path of the VSIX */
export async function packageExtension() {
  await build({ production: true });
  const target = process.arch === 'arm' ? `${process.platform}-armhf` : `${process.platform}-${process.arch}`;
  const native = NATIVE[target];
  if (!native) throw new Error(`There is no package for ${target}; there are ${Object.keys(NATIVE).join(', ')}.`);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const vsix = path.join(root, `fairlead-${target}-${version}.vsix`);
  const stamp = cached('vsix-inputs');
  const inputs = `${hashOfInputs()} ${path.basename(vsix)}`;
  if (existsSync(vsix) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return vsix;

  mkdirSync(cached(), { recursive: true });
  rmSync(stamp, { force: true });
  const ignoreFile = cached('vscodeignore');
  writeFileSync(ignoreFile, `${readFileSync(path.join(root, '.vscodeignore'), 'utf8')}${otherPlatforms(native)}\n`);
  const draft = cached(`draft-${process.pid}.vsix`);
  await step(`Packaging ${path.basename(vsix)}`, () =>
    run(
      process.execPath,
      ['node_modules/@vscode/vsce/vsce', 'package', '--target', target, '--out', draft, '--ignoreFile', ignoreFile, '--allow-missing-repository', '--no-rewrite-relative-links'],
      { quiet: true },
    ),
  );
  renameSync(draft, vsix);
  writeFileSync(stamp, inputs);
  return vsix;
}

function otherPlatforms(native) {
  const installed = readdirSync(path.join(root, 'node_modules/@node-llama-cpp'));
  return installed
    .filter((name) => name !== native)
    .map((name) => `node_modules/@node-llama-cpp/${name}/**`)
    .join('\n');
}

function hashOfInputs() {
  const hash = createHash('sha256');
  for (const file of globSync(INPUTS, { cwd: root }).sort()) {
    const place = path.join(root, file);
    if (statSync(place).isFile() && !file.startsWith(path.join('models', 'router', 'train'))) {
      hash.update(`${file}\n`).update(readFileSync(place));
    }
  }
  return hash.digest('hex');
}
