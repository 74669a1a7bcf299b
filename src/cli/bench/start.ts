// `bench start`: what the extension costs before it does anything. Activation runs the shipped bundle in fresh
// processes against a `vscode` that answers everything and does nothing; the same figure from a real VS Code is
// printed by the editor suite. The baseline is an empty extension, in the same run.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { createGlobMatcher } from '../../adapters/globs';
import { createConversationMemory } from '../../router/memory';
import { createRouter } from '../../router/route';
import type { Candidate, RouteRequest } from '../../router/types';
import { parseSettings } from '../../settings/parse';
import { systemClock } from '../classifiers';
import { percentile } from '../score';
import type { BenchResult } from './result';

const RUNS = 15;
const REQUESTS = 2000;

const HARNESS = `
const Module = require('node:module');
const fake = () => new Proxy(function () {}, {
  get: (_, key) => (key === 'then' || typeof key === 'symbol' ? undefined : fake()),
  set: () => true, apply: () => fake(), construct: () => fake(),
});
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? Object.create(fake()) : load(name, ...rest));
const start = performance.now();
const extension = require(process.argv[1]);
const loaded = performance.now();
const context = { subscriptions: [], globalStorageUri: { fsPath: process.argv[2] }, extensionUri: fake(),
  extensionPath: process.argv[2], secrets: fake(), globalState: fake(), workspaceState: fake(), extension: { packageJSON: {} },
  asAbsolutePath: (path) => path };
extension.activate(context);
console.log(JSON.stringify({ loadMs: loaded - start, activateMs: performance.now() - loaded }));
process.exit(0);
`;

interface Activation {
  readonly loadMs: number;
  readonly activateMs: number;
}

export async function benchStart(): Promise<BenchResult> {
  const bundle = join(__dirname, 'extension.js');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  try {
    const empty = join(folder, 'empty.js');
    writeFileSync(empty, 'require("vscode"); exports.activate = () => undefined;');
    const ours: Activation[] = [];
    const baseline: Activation[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      ours.push(await activateOnce(bundle, folder));
      baseline.push(await activateOnce(empty, folder));
    }
    return report({ bundle, ours, baseline, overhead: routerOverhead() });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function activateOnce(file: string, folder: string): Promise<Activation> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', HARNESS, file, folder]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Activation;
}

/** Milliseconds of routeNow() with 14 routes, 20 models and 12 rules. */
function routerOverhead(): number[] {
  const { settings } = parseSettings((key) => ({ user: key === 'rules' ? RULES : undefined, workspace: undefined }));
  const router = createRouter({
    classifiers: () => [],
    memory: createConversationMemory(),
    clock: systemClock,
    sink: () => undefined,
  });
  const policy = { ...settings, candidates: CANDIDATES, matches: createGlobMatcher() };
  const times: number[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const start = performance.now();
    router.routeNow(request(index), policy);
    times.push(performance.now() - start);
  }
  return times;
}

const RULES = Array.from({ length: 12 }, (_, index) => ({
  when: { path: [`src/part${index}/**`], language: ['typescript'] },
  ...(index % 2 === 0 ? { require: 'local' } : { prefer: [`model-${index}`] }),
}));

const CANDIDATES: Candidate[] = Array.from({ length: 20 }, (_, index) => ({
  id: `model-${index}`,
  provider: 'openai',
  model: `model-${index}`,
  locality: index % 2 === 0 ? 'local' : 'hosted',
  endpoint: 'http://127.0.0.1:1/v1',
  contextTokens: 32_768,
  capabilities: ['tools', 'fim'],
  capabilitiesKnown: true,
  origin: 'settings',
}));

function request(index: number): RouteRequest {
  return {
    id: String(index),
    surface: 'inline',
    turns: [],
    conversation: `c${index % 50}`,
    inputTokens: 900,
    needs: ['fim'],
    paths: [`src/part${index % 24}/file${index}.ts`, 'src/other/open-tab.ts'],
    languages: ['typescript'],
  };
}

interface Measured {
  readonly bundle: string;
  readonly ours: readonly Activation[];
  readonly baseline: readonly Activation[];
  readonly overhead: readonly number[];
}

function report({ bundle, ours, baseline, overhead }: Measured): BenchResult {
  const both = (of: (one: Activation) => number, part: number): [number | null, number | null] => [
    percentile(ours.map(of), part),
    percentile(baseline.map(of), part),
  ];
  const bytes = statSync(bundle).size;
  const gzip = gzipSync(readFileSync(bundle)).length;
  const [load, loadBase] = both((one) => one.loadMs, 0.5);
  const [activate, activateBase] = both((one) => one.activateMs, 0.5);
  const [total95, total95Base] = both((one) => one.loadMs + one.activateMs, 0.95);
  const json = {
    loadP50Ms: load,
    activateP50Ms: activate,
    startP95Ms: total95,
    bundleBytes: bytes,
    bundleGzipBytes: gzip,
    routerP50Ms: percentile(overhead, 0.5),
    routerP95Ms: percentile(overhead, 0.95),
    baseline: { loadP50Ms: loadBase, activateP50Ms: activateBase, startP95Ms: total95Base },
  };
  return {
    title: 'Start',
    conditions: [
      `Activation in ${RUNS} fresh processes against a vscode that does nothing; baseline: an empty extension, in turn with ours.`,
      `Router: ${REQUESTS} synchronous decisions, 14 routes, 20 models, 12 rules, no classifier.`,
    ],
    columns: ['figure', 'Fairlead', 'baseline'],
    rows: [
      ['load the bundle, p50 ms', load, loadBase],
      ['activate(), p50 ms', activate, activateBase],
      ['both, p95 ms', total95, total95Base],
      ['bundle, bytes', bytes, null],
      ['bundle gzipped, bytes', gzip, null],
      ['one decision, p50 ms', json.routerP50Ms, null],
      ['one decision, p95 ms', json.routerP95Ms, null],
    ],
    json,
  };
}
