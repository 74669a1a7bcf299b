// Runs a case's own test on what was filled in: JavaScript and Python, in a process of its own that may do little and
// ends in time. The code is a model's, so it gets no files, no programs and no environment.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { languageOf, type FimCase } from './completion-cases';

const TEST_MS = 10_000;
const MOST_OUTPUT = 1024 * 1024;

let hasPython: Promise<boolean> | undefined;

/** Undefined where the case has no test, or there is nothing to run it with. */
export async function passesTest(row: FimCase, filled: string): Promise<boolean | undefined> {
  if (row.test === undefined) return undefined;
  const code = `${row.prefix}${filled}${row.suffix}\n${row.test}\n`;
  const language = languageOf(row);
  if (language === 'javascript') return passes(process.execPath, ['--permission', '-e', code]);
  if (language !== 'python') return undefined;
  hasPython ??= passes('python3', ['-I', '-c', 'pass']);
  if (!(await hasPython)) return undefined;
  return passes('python3', ['-I', '-c', `${code}\ncheck(${row.entry_point ?? 'candidate'})\n`]);
}

async function passes(program: string, args: readonly string[]): Promise<boolean> {
  try {
    const { PATH = '' } = process.env;
    const { stderr } = await promisify(execFile)(program, [...args], { timeout: TEST_MS, maxBuffer: MOST_OUTPUT, env: { PATH } });
    // console.assert says so and goes on.
    return !stderr.includes('Assertion failed');
  } catch {
    return false; // Wrong, too slow, or not even code: all the same to the score.
  }
}
