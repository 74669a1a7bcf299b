// What dist/ is made of, and how. What the source imports dynamically becomes a file of its own, loaded at its first
// use; what two files share stands once, in a chunk beside them.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';

const TARGET = 'node20';

/** The extension has chunks of its own, so that VS Code opens few files at the start. */
export const bundles = {
  extension: { entryPoints: { extension: 'src/extension.ts' }, splitting: true },
  cli: { entryPoints: { cli: 'src/cli/main.ts' }, splitting: true },
  // node-llama-cpp stays outside (native, and ES modules only), so its `import()` must stay dynamic.
  host: { entryPoints: { 'llama-host': 'src/adapters/llama/host.ts' }, splitting: false },
};

/**
 * esbuild's options for one of `bundles`.
 * @param {{entryPoints: Record<string, string>, splitting: boolean}} bundle
 * @param {{production: boolean}} options
 * @returns {import('esbuild').BuildOptions}
 */
export function optionsFor({ entryPoints, splitting }, { production }) {
  return {
    entryPoints,
    splitting,
    outdir: 'dist',
    bundle: true,
    format: splitting ? 'esm' : 'cjs',
    platform: 'node',
    target: TARGET,
    external: ['vscode', 'node-llama-cpp'],
    // Some packages' `main` is a UMD file whose inner requires cannot be bundled (jsonc-parser).
    mainFields: ['module', 'main'],
    supported: { 'dynamic-import': true },
    minify: production,
    keepNames: production,
    sourcemap: production ? false : 'inline',
    metafile: true,
    write: !splitting,
    plugins: splitting ? [commonJs(production)] : [],
  };
}

/** As esbuild writes it, minified or not. */
const VSCODE_IMPORT = /\bimport\s*\*\s*as\s+([\w$]+)\s+from\s*"vscode";/g;

/** esbuild splits ES modules only, and VS Code and Node load ours by `require`. */
function commonJs(production) {
  const toCommonJs = async ({ path: file, text }) => {
    // esbuild would copy all names of VS Code's object once for each source file that imports it.
    const { code } = await esbuild.transform(text.replaceAll(VSCODE_IMPORT, 'const $1 = require("vscode");'), {
      format: 'cjs',
      banner: '"use strict";',
      platform: 'node',
      target: TARGET,
      minify: production,
      sourcefile: path.basename(file),
      sourcemap: production ? false : 'inline',
      supported: { 'dynamic-import': false },
    });
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  };
  return {
    name: 'commonjs',
    setup(build) {
      build.onEnd(async ({ outputFiles = [] }) => {
        await Promise.all(outputFiles.map(toCommonJs));
      });
    },
  };
}

/**
 * The files that are loaded with one of `metafile`'s outputs, itself among them: not what it imports dynamically.
 * @param {import('esbuild').Metafile} metafile
 * @param {string} output
 * @returns {string[]}
 */
export function loadedWith({ outputs }, output) {
  const loaded = [output];
  // Grows while it is walked.
  for (const file of loaded) {
    for (const { path: other, kind } of outputs[file].imports) {
      if (kind === 'import-statement' && other in outputs && !loaded.includes(other)) loaded.push(other);
    }
  }
  return loaded;
}
