// What the editor and e2e suites and `npm start` need to show a workbench: a server, a browser, a throwaway home.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { codeServerObstacle, ensureCodeServer } from './codeserver.mjs';
import { root } from './paths.mjs';

/**
 * @param {{build: 'plain' | 'strict'}} options
 * @returns {Promise<{entry: string, chromium: string, missing?: undefined} | {missing: string}>}
 */
export async function ensureWorkbench({ build }) {
  const obstacle = await codeServerObstacle();
  if (obstacle) return { missing: obstacle };
  const browser = await ensureChromium();
  if ('missing' in browser) return browser;
  return { entry: await ensureCodeServer(build), chromium: browser.program };
}

/**
 * A home for one server and one browser. The path is short: a socket lies in it.
 * @returns {{home: string, dispose: () => void}}
 */
export function throwawayHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'fl-'));
  return { home, dispose: () => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}

/** A copy of the sample workspace that a test may change. */
export function sampleWorkspace(home) {
  const folder = path.join(home, 'workspace');
  cpSync(path.join(root, 'samples', 'workspace'), folder, { recursive: true });
  return folder;
}

/** For test servers: one whose test was killed does not stay for long. */
export const ENDS_ALONE = ['--idle-timeout-seconds', '900'];

/** Settings of a test window: no greeting, no network, no suggestions over ghost text. */
export const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.wordBasedSuggestions': 'off',
  'editor.suggestOnTriggerCharacters': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'window.commandCenter': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
};

/**
 * User settings for a profile. In a window with a server, settings of scope `machine` are read from the
 * server's own file, so each key goes where VS Code looks for it.
 * @param {{home: string, settings: Record<string, unknown>, manifest: {contributes: {configuration: {properties?: Record<string, {scope?: string}>}}}}} options
 */
export function writeUserSettings({ home, settings, manifest }) {
  const properties = manifest.contributes.configuration.properties ?? {};
  const isMachine = (key) => properties[key]?.scope?.startsWith('machine') ?? false;
  const all = Object.entries({ ...QUIET_SETTINGS, ...settings });
  const write = (folder, entries) => {
    mkdirSync(path.join(home, 'user', folder), { recursive: true });
    writeFileSync(path.join(home, 'user', folder, 'settings.json'), JSON.stringify(Object.fromEntries(entries), null, 2));
  };
  write('User', all.filter(([key]) => !isMachine(key)));
  write('Machine', all.filter(([key]) => isMachine(key)));
}
