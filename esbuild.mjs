// Bundles the extension, the command line and the model host into dist/ (scripts/lib/bundles.mjs says how).
import { copyFileSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { bundles, optionsFor } from './scripts/lib/bundles.mjs';
import { notices } from './scripts/lib/notices.mjs';

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

/** Start and end lines that the editor's background task (.vscode/tasks.json) waits for: one pair, however many bundles. */
function announce() {
  let building = 0;
  return {
    name: 'announce',
    setup(build) {
      build.onStart(() => {
        building += 1;
        if (building === 1) console.log('build: started');
      });
      build.onEnd((result) => {
        for (const { text, location } of result.errors) {
          console.error(`error: ${location ? `${location.file}:${location.line}:${location.column}: ` : ''}${text}`);
        }
        building -= 1;
        if (building === 0) console.log('build: finished');
      });
    },
  };
}

const announced = values.watch ? [announce()] : [];
const contexts = await Promise.all(
  Object.values(bundles).map((bundle) => {
    const options = optionsFor(bundle, values);
    return esbuild.context({ ...options, logLevel: values.watch ? 'silent' : 'warning', plugins: [...options.plugins, ...announced] });
  }),
);
copyGrammars();
if (values.watch) {
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  const results = await Promise.all(contexts.map((context) => context.rebuild().finally(() => context.dispose())));
  const outputs = new Set(results.flatMap(({ metafile }) => Object.keys(metafile.outputs)));
  // Whatever an earlier build left; not before the build, so that what runs from dist/ goes on running.
  for (const file of globSync('dist/**/*.*')) {
    if (!/[\\/]grammars[\\/]/.test(file) && !outputs.has(file.split(path.sep).join('/'))) rmSync(file);
  }
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(Object.assign({}, ...results.map(({ metafile }) => metafile.inputs))));
}
