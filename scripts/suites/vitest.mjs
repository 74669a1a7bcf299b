// One vitest project, counted from its JSON report.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cached } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';

/**
 * @param {{project: string, name?: string, grep?: string, env?: Record<string, string>}} options
 */
export async function vitestSuite({ project, name = project, grep, env = {} }) {
  const report = cached('reports', `${name.replaceAll(/\W+/g, '-')}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--passWithNoTests'];
  args.push('--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  if (grep) args.push('-t', grep);
  const { code } = await run(process.execPath, args, { mayFail: true, env });
  const result = { name, ...counts(report, code) };
  return [grep ? { ...result, skipped: 0 } : result]; // what the filter left out is not a skipped test
}

function counts(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: code === 0 ? 0 : 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const broke = ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  const brokenFiles = testResults.filter(broke).length; // while loading, or before or after its tests
  const failed = numFailedTests + brokenFiles;
  return {
    passed: numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed, // an error outside any test
    skipped: numPendingTests + numTodoTests,
  };
}
