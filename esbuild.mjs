// Bundles the extension, the command line and the model host into dist/, one CommonJS file each.
// node-llama-cpp stays outside (native, and ES modules only), so its `import()` must stay dynamic.
import { copyFileSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { notices } from './scripts/lib/notices.mjs';

const entryPoints = {
  extension: 'src/extension.ts',
  cli: 'src/cli/main.ts',
  'llama-host': 'src/adapters/llama/host.ts',
  // Loaded at the first request that needs them: parsing them would be half of the time that activation takes.
  openai: 'openai',
  '@anthropic-ai/sdk': '@anthropic-ai/sdk',
  'plano-yaml': 'src/adapters/plano-yaml.ts',
  'secret-rules': 'src/adapters/secret-rules.ts',
  'tree-sitter-wasm': '@vscode/tree-sitter-wasm',
};
const LAZY = /(^|[/])(openai|@anthropic-ai[/]sdk|plano-yaml|secret-rules|tree-sitter-wasm)$/;

const { values } = parseArgs({
  options: {
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
  },
});

/** The parser and the grammars that ghost text asks where a function ends (src/adapters/tree-sitter.ts). */
const GRAMMARS = ['javascript', 'typescript', 'tsx', 'go', 'java', 'rust', 'cpp', 'c-sharp'];

function copyGrammars() {
  mkdirSync('dist/grammars', { recursive: true });
  for (const file of ['tree-sitter', ...GRAMMARS.map((name) => `tree-sitter-${name}`)]) {
    copyFileSync(`node_modules/@vscode/tree-sitter-wasm/wasm/${file}.wasm`, `dist/grammars/${file}.wasm`);
  }
}

/** Start and end lines that the editor's background task (.vscode/tasks.json) waits for. */
const announce = {
  name: 'announce',
  setup(build) {
    build.onStart(() => console.log('build: started'));
    build.onEnd((result) => {
      for (const { text, location } of result.errors) {
        console.error(`error: ${location ? `${location.file}:${location.line}:${location.column}: ` : ''}${text}`);
      }
      console.log('build: finished');
    });
  },
};

/** What is imported dynamically is a bundle of its own, beside the one that asks. */
const lazy = {
  name: 'lazy',
  setup(build) {
    build.onResolve({ filter: LAZY }, ({ path: name, kind }) =>
      kind === 'dynamic-import' ? { path: `./${LAZY.exec(name)[2]}.js`, external: true } : undefined,
    );
  },
};

const context = await esbuild.context({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['vscode', 'node-llama-cpp'],
  // Some packages' `main` is a UMD file whose inner requires cannot be bundled (jsonc-parser).
  mainFields: ['module', 'main'],
  supported: { 'dynamic-import': true },
  minify: values.production,
  keepNames: values.production,
  sourcemap: values.production ? false : 'linked',
  logLevel: values.watch ? 'silent' : 'warning',
  metafile: true,
  plugins: values.watch ? [lazy, announce] : [lazy],
});
copyGrammars();
if (values.watch) {
  await context.watch();
} else {
  const { metafile } = await context.rebuild().finally(() => context.dispose());
  // Whatever an earlier build left; not before the build, so that what runs from dist/ goes on running.
  for (const file of globSync('dist/**/*.*')) {
    if (!/[\\/]grammars[\\/]/.test(file) && !(file.split(path.sep).join('/') in metafile.outputs)) rmSync(file);
  }
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(metafile.inputs));
}
