// Chromium with a new empty profile, quiet towards the network, as a person would see the workbench.
import { chromium } from 'playwright-core';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage', // containers have little shared memory
];

/**
 * @param {{program: string, profile: string}} options the browser's path, and a folder that does not exist yet
 * @returns {Promise<import('playwright-core').BrowserContext>}
 */
export function openBrowser({ program, profile }) {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    viewport: { width: 1400, height: 900 },
    args: [...QUIET, ...asRoot],
    timeout: 120_000,
  });
}
