// The entry that VS Code calls inside its extension host (`extensionTestsPath`): runs every bundled test beside it.
// What happened goes, a JSON line per test, to the file that scripts/suites/editor.mjs names.
import { appendFileSync, globSync } from 'node:fs';
import path from 'node:path';
import Mocha, { type Test } from 'mocha';

/** Rejects when a test failed, which ends the test window with an error. */
export async function run(): Promise<void> {
  const grep = process.env['FAIRLEAD_TEST_GREP'];
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 60_000, reporter: 'min', ...(grep ? { grep } : {}) });
  for (const file of globSync('**/*.test.js', { cwd: __dirname }).sort()) mocha.addFile(path.join(__dirname, file));
  const failures = await new Promise<number>((resolve, reject) => {
    try {
      mocha
        .run(resolve)
        .on('pass', (test) => { record({ test, state: 'passed' }); })
        .on('fail', (test, error: Error) => { record({ test, state: 'failed', error }); })
        .on('pending', (test) => { record({ test, state: 'skipped' }); });
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  if (failures > 0) throw new Error(`${String(failures)} tests failed`);
}

function record({ test, state, error }: { test: Test; state: string; error?: Error }): void {
  const line = JSON.stringify({ title: test.titlePath().join(' > '), state, ms: test.duration ?? 0, error: error?.stack });
  const report = process.env['FAIRLEAD_TEST_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
}
