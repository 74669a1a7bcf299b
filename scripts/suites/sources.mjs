// Lint and types: each counts as one test.
import { run } from '../lib/run.mjs';

async function asOneTest(name, commands) {
  let failed = 0;
  for (const args of commands) {
    const { code } = await run(process.execPath, args, { mayFail: true });
    if (code !== 0) failed = 1;
  }
  return [{ name, passed: 1 - failed, failed }];
}

export function lintSuite() {
  return asOneTest('lint', [['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']]);
}

export function typesSuite() {
  const tsc = 'node_modules/typescript/bin/tsc';
  return asOneTest('types', [
    [tsc, '-p', '.'],
    [tsc, '-p', 'test/editor'],
  ]);
}
