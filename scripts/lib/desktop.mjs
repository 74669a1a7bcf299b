// A desktop VS Code: the one that is installed, or one that @vscode/test-electron downloads from the vendor.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { cached, root } from './paths.mjs';
import { onPath } from './system.mjs';

const INSTALLED = [
  process.env.FAIRLEAD_VSCODE,
  '/usr/share/code/code',
  '/Applications/Visual Studio Code.app/Contents/MacOS/Electron',
  path.join(process.env.LOCALAPPDATA ?? '', 'Programs', 'Microsoft VS Code', 'Code.exe'),
];

export function findDesktop() {
  return INSTALLED.find((place) => place && path.isAbsolute(place) && existsSync(place));
}

/** @returns {string | undefined} why no window can open here */
export function displayObstacle() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return undefined;
  return 'needs a display: run it in a desktop session, or under `xvfb-run`';
}

/** @returns {Promise<{program: string} | {missing: string}>} */
export async function ensureDesktop() {
  const found = findDesktop();
  if (found) return { program: found };
  try {
    const program = await downloadAndUnzipVSCode({ version: 'stable', cachePath: cached('vscode'), timeout: 15_000 });
    return { program };
  } catch (error) {
    return { missing: `needs a desktop VS Code: none is installed, and its download failed (${error.message})` };
  }
}

/** The command `code`, which opens a folder in the person's own VS Code. */
export function findCodeCommand() {
  return onPath(process.platform === 'win32' ? 'code.cmd' : 'code') ? 'code' : undefined;
}

/**
 * Runs dist-test's Mocha suite in a desktop extension host.
 * @param {{home: string, index: string, folder: string, env: Record<string, string>}} options
 * @returns {Promise<{code: number} | {missing: string}>}
 */
export async function runDesktopTests({ home, index, folder, env }) {
  const noDisplay = displayObstacle();
  if (noDisplay) return { missing: noDisplay };
  const desktop = await ensureDesktop();
  if ('missing' in desktop) return desktop;
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const launchArgs = [folder, '--disable-extensions', '--disable-workspace-trust', ...sandbox];
  launchArgs.push('--user-data-dir', path.join(home, 'user'), '--extensions-dir', path.join(home, 'extensions'));
  try {
    const code = await runTests({
      vscodeExecutablePath: desktop.program,
      extensionDevelopmentPath: root,
      extensionTestsPath: index,
      extensionTestsEnv: env,
      launchArgs,
    });
    return { code };
  } catch {
    return { code: 1 }; // runTests has printed why; the report file says how far it came
  }
}
