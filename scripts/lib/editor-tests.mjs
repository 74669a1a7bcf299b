// Bundles test/editor into dist-test/: index.js with `run()`, and one file per test beside it.
import { globSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { root } from './paths.mjs';

/** @returns {Promise<{index: string, files: number}>} */
export async function bundleEditorTests() {
  const outdir = path.join(root, 'dist-test');
  rmSync(outdir, { recursive: true, force: true });
  const files = globSync('test/editor/**/*.test.ts', { cwd: root });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/editor/index.ts', ...files],
    outbase: 'test/editor',
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode', 'mocha', 'node-llama-cpp'],
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return { index: path.join(outdir, 'index.js'), files: files.length };
}
