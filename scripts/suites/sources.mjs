// Lint and types: each counts as one test.
import { cached } from '../lib/paths.mjs';
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

/** Incremental: an unchanged project is checked in a second. */
export function typesSuite() {
  const tsc = (project) => ['node_modules/typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', cached('types', `${project.replaceAll('/', '-')}.tsbuildinfo`)];
  return asOneTest('types', ['.', 'test/editor', 'test/e2e'].map(tsc));
}
