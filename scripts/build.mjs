// npm run build [-- --production] [--watch]: dist/extension.js, dist/cli.js, dist/llama-host.js.
import { parseArgs } from 'node:util';
import { prepare } from './lib/prepare.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const { values } = parseArgs({
  options: { production: { type: 'boolean', default: false }, watch: { type: 'boolean', default: false } },
});
await build(values);
