// The packaged extension in a fresh profile of a real workbench, driven through a browser: vitest files in test/e2e.
import { globSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cached, root } from '../lib/paths.mjs';
import { packageExtension } from '../lib/package.mjs';
import { ensureWorkbench } from '../lib/workbench.mjs';
import { buildsToRun } from './builds.mjs';
import { vitestSuite } from './vitest.mjs';

/** @param {{grep?: string, build?: string}} options */
export async function e2eSuite({ grep, build }) {
  const parts = [];
  for (const one of buildsToRun(build)) {
    const name = `e2e ${one}`;
    const workbench = await ensureWorkbench({ build: one });
    if ('missing' in workbench) {
      const files = globSync('test/e2e/**/*.test.ts', { cwd: root }).length;
      parts.push({ name, passed: 0, failed: 0, skipped: files, missing: workbench.missing });
      continue;
    }
    const screenshots = path.join(cached('screenshots'), one);
    rmSync(screenshots, { recursive: true, force: true });
    const env = {
      FAIRLEAD_E2E_BUILD: one,
      FAIRLEAD_E2E_ENTRY: workbench.entry,
      FAIRLEAD_E2E_CHROMIUM: workbench.chromium,
      FAIRLEAD_E2E_VSIX: await packageExtension(),
      FAIRLEAD_E2E_SCREENSHOTS: screenshots,
    };
    parts.push(...(await vitestSuite({ project: 'e2e', name, grep, env })));
  }
  return parts;
}
