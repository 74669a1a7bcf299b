// dist/ from src/, by esbuild.mjs in its own process (its settings are what `npm run watch` uses too).
import { run } from './run.mjs';

/** @param {{production?: boolean, watch?: boolean}} options */
export async function build({ production = false, watch = false } = {}) {
  const flags = [...(production ? ['--production'] : []), ...(watch ? ['--watch'] : [])];
  await run(process.execPath, ['esbuild.mjs', ...flags]);
}
