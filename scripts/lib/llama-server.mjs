// A llama-server for the tests: llama.cpp's own, built once from the source that node-llama-cpp ships, so that the
// suites speak with a server nobody here wrote. Kept under .cache by the hash of that source.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { cached, makeFolder, root } from './paths.mjs';
import { run, step } from './run.mjs';
import { installByApt, onPath } from './system.mjs';

const bundle = path.join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle');
const TOOLS = ['cmake', 'g++', 'make', 'git'];
const OPTIONS = [
  '-DCMAKE_BUILD_TYPE=Release',
  '-DBUILD_SHARED_LIBS=OFF', // one file, which may be moved
  '-DGGML_NATIVE=OFF',
  '-DLLAMA_CURL=OFF',
  '-DLLAMA_OPENSSL=OFF',
  '-DLLAMA_BUILD_TESTS=OFF',
  '-DLLAMA_BUILD_EXAMPLES=OFF',
  '-DLLAMA_BUILD_SERVER=ON',
];

/** @returns {Promise<{program: string} | {missing: string}>} */
export async function ensureLlamaServer() {
  if (process.platform === 'win32') return { missing: 'llama-server is built on Linux and macOS only' };
  if (!existsSync(bundle)) return { missing: 'node-llama-cpp came without the source of llama.cpp' };
  const program = path.join(cached(`llama-server@${hashOf(bundle)}`), 'llama-server');
  if (existsSync(program)) return { program };
  if (!TOOLS.every(onPath)) await installByApt(['cmake', 'g++', 'make', 'git'], 'Installing what builds llama-server');
  const without = TOOLS.filter((tool) => !onPath(tool));
  if (without.length > 0) return { missing: `llama-server is built with ${TOOLS.join(', ')}, and there is no ${without.join(', no ')}` };
  await step('Building llama-server for the tests (some minutes, once)', () => makeFolder(path.dirname(program), build));
  return { program };
}

async function build(folder) {
  const source = path.join(folder, 'source');
  const made = path.join(source, 'build');
  await run('git', ['clone', '--quiet', bundle, source], { quiet: true });
  await run('cmake', ['-S', source, '-B', made, '-G', 'Unix Makefiles', ...OPTIONS], { quiet: true });
  await run('cmake', ['--build', made, '--target', 'llama-server', '-j', String(availableParallelism())], { quiet: true });
  copyFileSync(path.join(made, 'bin/llama-server'), path.join(folder, 'llama-server'));
  chmodSync(path.join(folder, 'llama-server'), 0o755);
  rmSync(source, { recursive: true, force: true });
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}
