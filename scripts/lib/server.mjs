// Starts code-server on a free port with a throwaway home, waits until it answers, and ends it with its whole process group.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const ADDRESS = /HTTP server listening on (http:\/\/[^\s/]+)/;

/** Without a listener these end a process before it can end what it has started. */
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const exit = () => process.exit(1);

/**
 * @typedef {object} ServerOptions
 * @property {string} entry code-server's start script, see ensureCodeServer
 * @property {string} home folder for everything this server writes; short, because a socket lies in it
 * @property {string} folder the workspace folder
 * @property {string[]} [args] more arguments, such as `--disable-workspace-trust`
 * @property {Record<string, string>} [env] what the extension host shall find in its environment
 * @property {number} [port] default: any free one
 * @property {number} [readyMs] how long to wait for its first answer
 */

/** Folders and arguments that keep a server away from the person's own code-server. */
function place(home) {
  const userData = path.join(home, 'user');
  const extensions = path.join(home, 'extensions');
  mkdirSync(userData, { recursive: true });
  mkdirSync(extensions, { recursive: true });
  return {
    userData,
    args: ['--user-data-dir', userData, '--extensions-dir', extensions, '--config', path.join(home, 'config.yaml')],
    env: {
      ...process.env,
      XDG_CONFIG_HOME: path.join(home, 'xdg-config'),
      XDG_DATA_HOME: path.join(home, 'xdg-data'),
      XDG_CACHE_HOME: path.join(home, 'xdg-cache'),
      VSCODE_IPC_HOOK_CLI: undefined,
    },
  };
}

/**
 * @param {ServerOptions} options
 * @returns {Promise<{url: string, userData: string, pid: number, log: () => string, stop: () => Promise<void>}>}
 */
export async function startServer({ entry, home, folder, args = [], env: more = {}, port = 0, readyMs = 120_000 }) {
  const { userData, args: placeArgs, env } = place(home);
  const child = spawn(
    process.execPath,
    [entry, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry', '--disable-update-check',
      '--disable-getting-started-override', ...placeArgs, ...args, folder],
    { env: { ...env, ...more }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const endWithUs = () => endGroup(child, 'SIGTERM');
  process.once('exit', endWithUs);
  for (const signal of SIGNALS) process.once(signal, exit);
  let log = '';
  const keep = (chunk) => (log += String(chunk));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  const stop = async () => {
    endGroup(child, 'SIGTERM');
    const late = setTimeout(() => endGroup(child, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
    endGroup(child, 'SIGKILL'); // what the server itself started and did not end
    process.off('exit', endWithUs);
    for (const signal of SIGNALS) process.off(signal, exit);
  };
  try {
    const url = await firstAnswer({ child, readyMs, log: () => log });
    return { url, userData, pid: child.pid ?? 0, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function firstAnswer({ child, readyMs, log }) {
  const until = Date.now() + readyMs;
  while (Date.now() < until && child.exitCode === null) {
    const url = ADDRESS.exec(log())?.[1];
    if (url && (await isHealthy(url))) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`code-server did not start:\n${log().slice(-4000)}`);
}

async function isHealthy(url) {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not listening yet; the caller asks again until its deadline
  }
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Installs a VSIX into the home that a server is started with afterwards.
 * @param {{entry: string, home: string, vsix: string}} options
 * @returns {Promise<void>}
 */
export function installExtension({ entry, home, vsix }) {
  const { args, env } = place(home);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args, '--install-extension', vsix], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    const keep = (chunk) => (log += String(chunk));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`Installing ${vsix} ended with ${code}:\n${log}`))));
  });
}
