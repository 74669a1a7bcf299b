// Which classifiers a `--classifier` flag names. On the command line nothing is cut short: deadlines are long,
// so that what is measured is the classifier that was asked for.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createEmbeddedClassifier } from '../adapters/classifiers/embedded';
import { createGgufClassifier } from '../adapters/classifiers/gguf-file';
import { createRuntime, defaultRuntimeSettings } from '../adapters/llama/create-runtime';
import type { LlamaRuntime } from '../adapters/llama/runtime';
import { createLexicalClassifier } from '../router/lexical';
import type { Classifier, Clock } from '../router/ports';
import { RouterError } from '../shared/errors';
import type { Log } from '../shared/log';

export interface OpenClassifiers {
  /** Best first. */
  readonly classifiers: readonly Classifier[];
  close(): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Fine-grained clock for measuring; milliseconds from an arbitrary start. */
export const preciseClock: Clock = { now: () => performance.now() };

const DEADLINE_MS = 120_000;

/** Where the shipped router model lies, seen from dist/cli.js. */
export const routerFolder = (): string => resolve(__dirname, '../models/router');

const stderrLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => {
    console.error(message);
  },
  error: (message) => {
    console.error(message);
  },
};

export function openRuntime(): LlamaRuntime {
  return createRuntime({
    hostPath: join(__dirname, 'llama-host.js'),
    storage: undefined,
    settings: () => ({ ...defaultRuntimeSettings, idleMinutes: 0 }),
    log: stderrLog,
  });
}

export function openClassifiers(flag: string): OpenClassifiers {
  const lexical = createLexicalClassifier(preciseClock);
  if (flag === 'lexical') return { classifiers: [lexical], close: () => Promise.resolve() };
  const runtime = openRuntime();
  const close = (): Promise<void> => runtime.dispose();
  const embedded = (): Classifier =>
    createEmbeddedClassifier({ runtime, folder: routerFolder(), deadlineMs: DEADLINE_MS, clock: preciseClock });
  if (flag === 'auto') return { classifiers: [embedded(), lexical], close };
  if (flag === 'embedded') return { classifiers: [embedded()], close };
  if (!existsSync(flag)) {
    throw new RouterError('bad_file', `There is no classifier "${flag}". Use auto, embedded, lexical or a GGUF file.`);
  }
  const file = { runtime, path: resolve(flag), dialect: 'auto' as const, deadlineMs: DEADLINE_MS, clock: preciseClock };
  return { classifiers: [createGgufClassifier({ ...file, first: embedded() })], close };
}
