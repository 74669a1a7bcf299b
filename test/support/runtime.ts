// The real runtime for the model suites: the bundled child, throwaway folders, files the suite writes itself.
import { build } from 'esbuild';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildTimings } from '../../src/adapters/llama/child';
import { createRuntime, defaultRuntimeSettings, type RuntimeSettings } from '../../src/adapters/llama/create-runtime';
import type { LlamaRuntime } from '../../src/adapters/llama/runtime';
import { silentLog, type Log } from '../../src/shared/log';
import { writeGguf, type GgufFile } from './gguf';

const root = join(import.meta.dirname, '../..');
// Below the packages it imports, and where no other suite tidies up.
const hostPath = join(root, '.cache/test-host/llama-host.js');
let bundled: Promise<unknown> | undefined;

/** Bundles the child as the build does, once per test process. */
export async function bundleHost(): Promise<string> {
  // Test processes may bundle at the same time: each writes its own file and renames it.
  const part = `${hostPath}.${process.pid}.js`;
  bundled ??= build({
    entryPoints: [join(root, 'src/adapters/llama/host.ts')],
    outfile: part,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['node-llama-cpp'],
    supported: { 'dynamic-import': true },
  }).then(() => {
    renameSync(part, hostPath);
  });
  await bundled;
  return hostPath;
}

export interface TestRuntime {
  readonly runtime: LlamaRuntime;
  readonly folder: string;
  readonly setAside: { path: string; what: string }[];
  write(name: string, file: GgufFile | Buffer): string;
  close(): Promise<void>;
}

export interface TestRuntimeOptions {
  readonly settings?: Partial<RuntimeSettings>;
  readonly timings?: Partial<ChildTimings>;
  readonly log?: Log;
  /** Another child than ours, to play dead. */
  readonly hostPath?: string;
}

export async function startTestRuntime(options: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-model-'));
  const setAside: { path: string; what: string }[] = [];
  const runtime = createRuntime({
    hostPath: options.hostPath ?? (await bundleHost()),
    storage: join(folder, 'storage'),
    settings: () => ({ ...defaultRuntimeSettings, gpu: 'cpu', ...options.settings }),
    log: options.log ?? silentLog,
    onQuarantine: (file) => setAside.push(file),
    ...(options.timings ? { timings: options.timings } : {}),
  });
  return {
    runtime,
    folder,
    setAside,
    write: (name, file) => {
      const path = join(folder, name);
      writeFileSync(path, Buffer.isBuffer(file) ? file : writeGguf(file));
      return path;
    },
    close: async () => {
      await runtime.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
