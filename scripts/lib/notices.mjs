// The licences of what esbuild has put into the bundles, as those licences ask for.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {Record<string, unknown>} inputs the files of a bundle (esbuild's metafile)
 * @returns {string}
 */
export function notices(inputs) {
  const folders = new Set();
  for (const file of Object.keys(inputs)) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    if (folder) folders.add(folder);
  }
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const [file] = globSync('{LICENSE,LICENCE,License,license}*', { cwd: folder });
    const text = file ? readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `Fairlead contains these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
