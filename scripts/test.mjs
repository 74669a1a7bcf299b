// npm test [-- SUITE ...] [--grep TEXT] [--build plain|strict] [--desktop]
// Brings what is missing, builds, runs the suites in order and ends with one line: `N passed, N failed`.
import { parseArgs } from 'node:util';
import { prepare } from './lib/prepare.mjs';
import { say } from './lib/run.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const { suites } = await import('./suites/all.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    build: { type: 'string' },
    desktop: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}
const chosen = positionals.length > 0 ? positionals : Object.keys(suites);
const results = [];

// Lint and types read sources only; whatever runs the product runs what a user would get.
if (chosen.some((name) => !['lint', 'types'].includes(name))) await build({ production: true });
for (const name of chosen) {
  say(`suite ${name}`);
  const started = Date.now();
  const parts = await suites[name](values).catch((error) => {
    console.error(error);
    return [{ name, passed: 0, failed: 1 }];
  });
  const seconds = (Date.now() - started) / 1000;
  results.push(...parts.map((part) => ({ skipped: 0, ...part, seconds: seconds / parts.length })));
}

console.log();
for (const { name, passed, failed, skipped, seconds, missing } of results) {
  const left = skipped ? `, ${skipped} skipped` : '';
  console.log(`${name.padEnd(14)} ${passed} passed, ${failed} failed${left} (${seconds.toFixed(0)} s)${missing ? `: ${missing}` : ''}`);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const skipped = sum('skipped');
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exit(sum('failed') > 0 ? 1 : 0);
