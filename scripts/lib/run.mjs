// Starting other programs. A failed program is an error that carries the end of what it printed.
import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the repository
 * @property {Record<string, string | undefined>} [env] added to this process's own
 * @property {boolean} [quiet] keep the output back and show it only when the program fails
 * @property {boolean} [mayFail] return the exit code instead of throwing
 */

/**
 * @param {string} program
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(program, args, { cwd = root, env = {}, quiet = false, mayFail = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32' && !/\.exe$/i.test(program),
    });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', reject);
    child.on('close', (exitCode) => {
      const code = exitCode ?? 1;
      if (code === 0 || mayFail) return resolve({ code, output });
      reject(new Error(`${program} ${args.join(' ')} ended with ${code}\n${output.slice(-4000)}`));
    });
  });
}

/** npm as the user has it, run by the Node that runs this script. */
export function npm(args, options = {}) {
  const own = process.env.npm_execpath;
  const all = [...args, '--loglevel=error']; // `npm test --silent` would hand its silence down
  return own?.endsWith('.js') ? run(process.execPath, [own, ...all], options) : run('npm', all, options);
}

export function say(text) {
  console.log(`[fairlead] ${text}`);
}

/** Names what a slow step is doing, and how long it took. */
export async function step(text, action) {
  const started = Date.now();
  say(`${text} ...`);
  const result = await action();
  say(`${text}: ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return result;
}
