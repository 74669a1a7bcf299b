// `bench start`: what the extension costs before it does anything. Activation runs the shipped bundle in fresh
// processes against a `vscode` that answers everything and does nothing; the same figure from a real VS Code is
// printed by the editor suite. The baseline is an empty extension, in the same run.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const RUNS = 20;
const REQUESTS = 2000;

// A window of a fresh installation: no setting is set. What VS Code's extension host has loaded itself costs us nothing
// there, so it is loaded before; and its `vscode` has some 300 names, which a bundle may copy.
const HARNESS = `
const Module = require('node:module');
for (const name of ['assert', 'child_process', 'crypto', 'events', 'fs', 'fs/promises', 'http', 'net', 'os', 'stream', 'string_decoder', 'url', 'util', 'zlib']) require(name);
const fake = () => new Proxy(function () {}, {
  get: (_, key) => (key === 'then' || typeof key === 'symbol' ? undefined : fake()),
  set: () => true, apply: () => fake(), construct: () => fake(),
});
const nothingSet = { get: (_, otherwise) => otherwise, inspect: () => undefined, has: () => false };
const workspace = new Proxy({ getConfiguration: () => nothingSet, workspaceFolders: undefined, textDocuments: [] }, {
  get: (known, key) => (key in known ? known[key] : fake()),
});
const vscode = Object.create(fake(), { workspace: { value: workspace, enumerable: true } });
for (let index = 0; index < 300; index += 1) vscode['Name' + index] = class {};
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));
const cpu = process.cpuUsage();
const start = performance.now();
const extension = require(process.argv[1]);
const loaded = performance.now();
const files = Object.keys(require.cache);
const context = { subscriptions: [], globalStorageUri: { fsPath: process.argv[2] }, extensionUri: fake(),
  extensionPath: process.argv[2], secrets: fake(), globalState: { get: (_, otherwise) => otherwise, update: fake(), keys: () => [] }, workspaceState: fake(), extension: { packageJSON: {} },
  asAbsolutePath: (path) => path };
extension.activate(context);
const activateMs = performance.now() - loaded;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ loadMs: loaded - start, activateMs, cpuMs: (user + system) / 1000, files }));
process.exit(0);
`;

interface Activation {
  readonly loadMs: number;
  readonly activateMs: number;
  /** Processor time of both: a busy machine changes it less. */
  readonly cpuMs: number;
  /** Loaded at the start. */
  readonly files: readonly string[];
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
    return report({ ours, baseline, overhead: routerOverhead() });
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
  readonly ours: readonly Activation[];
  readonly baseline: readonly Activation[];
  readonly overhead: readonly number[];
}

function report({ ours, baseline, overhead }: Measured): BenchResult {
  const both = (of: (one: Activation) => number, part: number): [number | null, number | null] => [
    percentile(ours.map(of), part),
    percentile(baseline.map(of), part),
  ];
  const files = ours[0]?.files ?? [];
  const sum = (of: (text: Buffer) => number): number => files.reduce((all, file) => all + of(readFileSync(file)), 0);
  const bytes = sum(({ length }) => length);
  const gzip = sum((text) => gzipSync(text).length);
  const [load, loadBase] = both((one) => one.loadMs, 0.5);
  const [activate, activateBase] = both((one) => one.activateMs, 0.5);
  const [cpu, cpuBase] = both((one) => one.cpuMs, 0.5);
  const [total50, total50Base] = both((one) => one.loadMs + one.activateMs, 0.5);
  const [total95, total95Base] = both((one) => one.loadMs + one.activateMs, 0.95);
  const json = {
    loadP50Ms: load,
    activateP50Ms: activate,
    startP50Ms: total50,
    startP95Ms: total95,
    startCpuP50Ms: cpu,
    files: files.length,
    bundleBytes: bytes,
    bundleGzipBytes: gzip,
    routerP50Ms: percentile(overhead, 0.5),
    routerP95Ms: percentile(overhead, 0.95),
    baseline: { loadP50Ms: loadBase, activateP50Ms: activateBase, startP50Ms: total50Base, startP95Ms: total95Base, startCpuP50Ms: cpuBase },
  };
  return {
    title: 'Start',
    conditions: [
      `Activation in ${RUNS} fresh processes against a vscode of a fresh installation that does nothing; baseline: an empty extension, in turn with ours.`,
      `Router: ${REQUESTS} synchronous decisions, 14 routes, 20 models, 12 rules, no classifier.`,
    ],
    columns: ['figure', 'Fairlead', 'baseline'],
    rows: [
      ['load the bundle, p50 ms', load, loadBase],
      ['activate(), p50 ms', activate, activateBase],
      ['both, p50 ms', total50, total50Base],
      ['both, p95 ms', total95, total95Base],
      ['processor time of both, p50 ms', cpu, cpuBase],
      ['files loaded', files.length, null],
      ['their size, bytes', bytes, null],
      ['gzipped, bytes', gzip, null],
      ['one decision, p50 ms', json.routerP50Ms, null],
      ['one decision, p95 ms', json.routerP95Ms, null],
    ],
    json,
  };
}
