// npm run build [-- --production] [--watch] [--editor-tests]: dist/ from src/, and dist-test/ from test/editor.
import { parseArgs } from 'node:util';
import { prepare } from './lib/prepare.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const { values } = parseArgs({
  options: {
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    'editor-tests': { type: 'boolean', default: false },
  },
});
await build(values);
if (values['editor-tests']) await (await import('./lib/editor-tests.mjs')).bundleEditorTests();
