// npm run bench -- NAME [--data DIR] [--json]: the command line's benchmarks, on a production build.
import { prepare } from './lib/prepare.mjs';
import { run } from './lib/run.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
await build({ production: true });
const { code } = await run(process.execPath, ['dist/cli.js', 'bench', ...process.argv.slice(2)], { mayFail: true });
process.exit(code);
