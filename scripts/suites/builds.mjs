// The two copies of the workbench that the editor and e2e suites run in (see scripts/lib/codeserver.mjs).

/**
 * @param {string} [wanted]
 * @returns {('plain' | 'strict')[]}
 */
export function buildsToRun(wanted) {
  const all = /** @type {const} */ (['plain', 'strict']);
  if (!wanted) return [...all];
  const chosen = all.filter((build) => build === wanted);
  if (chosen.length === 0) throw new Error(`There is no build ${wanted}; there are ${all.join(', ')}.`);
  return chosen;
}
