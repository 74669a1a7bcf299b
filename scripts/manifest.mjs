// Writes what package.json says to VS Code (contributes, activationEvents, capabilities) from the settings schema and
// the command table. `--check` compares instead and ends with 1 when they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { manifestParts } from './lib/manifest-parts.mjs';

const PACKAGE = new URL('../package.json', import.meta.url);

export async function updated(text) {
  const manifest = JSON.parse(text);
  const parts = await manifestParts();
  return `${JSON.stringify({ ...manifest, ...parts }, null, 2)}\n`;
}

async function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const before = readFileSync(PACKAGE, 'utf8');
  const after = await updated(before);
  const same = JSON.stringify(JSON.parse(before)) === JSON.stringify(JSON.parse(after));
  if (values.check) {
    if (same) return;
    console.error('package.json is not what src/settings/schema.ts and src/editor/commands-table.ts say. Run: node scripts/manifest.mjs');
    process.exitCode = 1;
  } else if (!same) {
    writeFileSync(PACKAGE, after);
    console.log('package.json: contributes, activationEvents and capabilities updated');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
