// The browser that shows code-server to the tests. Never downloaded from a vendor: what is installed, or the system's package.
import { existsSync } from 'node:fs';
import { installByApt } from './system.mjs';

const PLACES = [
  process.env.FAIRLEAD_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

export function findChromium() {
  return PLACES.find((place) => place && existsSync(place));
}

/** @returns {Promise<{program: string} | {missing: string}>} the browser, or how to get one */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return { program: found };
  await installByApt(['chromium', 'fonts-dejavu-core'], 'Chromium for the tests');
  const installed = findChromium();
  if (installed) return { program: installed };
  return { missing: 'needs Chromium or Chrome: install one (Debian: `apt-get install chromium`), or set FAIRLEAD_CHROMIUM to its path' };
}
