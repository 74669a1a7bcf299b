// What VS Code loads when it starts the extension. Reading and compiling it is most of what activation costs (`bench
// start`), so what is added here is added knowingly; everything else is imported dynamically, at its first use.
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundles, loadedWith, optionsFor } from '../scripts/lib/bundles.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['cockatiel', 'ignore', 'lru-cache', 'picomatch', 'zod'];
const MOST_BYTES = 500_000;
/** Each file costs a look at the disk. */
const MOST_FILES = 8;
/** Loaded with the first look for models, the first request that is classified, or a command. */
const LATER = /^(?:models\/|src\/assembly\/later\/|src\/adapters\/(?:download|classifiers)\/|src\/router\/(?:embedded|dialects)\/|src\/cli\/)/u;

let bytes = 0;
let files: readonly string[] = [];
let sources: readonly string[] = [];

beforeAll(async () => {
  const options = optionsFor(bundles.extension, { production: true });
  const { metafile } = await esbuild.build({ ...options, metafile: true, absWorkingDir: ROOT, write: false, plugins: [], logLevel: 'error' });
  files = loadedWith(metafile, 'dist/extension.js');
  const outputs = files.map((file) => metafile.outputs[file]);
  bytes = outputs.reduce((sum, output) => sum + (output?.bytes ?? 0), 0);
  sources = outputs.flatMap((output) => Object.keys(output?.inputs ?? {}));
});

describe('what is loaded at the start', () => {
  it('holds these packages and no others', () => {
    const found = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(source)?.[1] ?? []);
    expect([...new Set(found)].sort()).toEqual(PACKAGES);
  });

  it('holds nothing that is loaded at its first use', () => {
    expect(sources).toContain('src/extension.ts');
    expect(sources.filter((source) => LATER.test(source))).toEqual([]);
  });

  it(`has at most ${String(MOST_BYTES)} bytes in ${String(MOST_FILES)} files`, () => {
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect(files.length).toBeLessThanOrEqual(MOST_FILES);
  });
});
