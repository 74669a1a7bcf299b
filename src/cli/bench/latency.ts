// `bench latency`: what a decision costs through our runtime beside node-llama-cpp called directly with the same
// texts, in turn, in the same run. The ratio is our overhead: process, protocol, chunks, prompt and trie.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createEmbeddedClassifier } from '../../adapters/classifiers/embedded';
import { createGgufClassifier } from '../../adapters/classifiers/gguf-file';
import type { LlamaRuntime } from '../../adapters/llama/runtime';
import type { Classifier } from '../../router/ports';
import { openRuntime, preciseClock, routerFolder } from '../classifiers';
import { percentile } from '../score';
import { startBareLlama } from './bare-llama';
import { ROUTE_COUNTS, sampleText, TOKEN_COUNTS } from './latency-cases';
import { createPairs, firstDecision, type Pair, type Scorer } from './latency-pairs';
import type { BenchArgs, BenchResult } from './result';
import { TINY_DECODER, writeTinyDecoder } from './tiny-decoder';

const COLD_RUNS = 3;
const WARM_RUNS = 15;
const LEAST_RUNS = 3;
/** A cell of the table takes no longer than this once it has its least number of runs. */
const CELL_MS = 8000;

export async function benchLatency({ model }: BenchArgs): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-latency-'));
  try {
    const measured: Measured[] = [];
    for (const scorer of scorers(model, folder)) measured.push(await measure(scorer, folder));
    return report(measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const embedded = (runtime: LlamaRuntime): Classifier =>
  createEmbeddedClassifier({ runtime, folder: routerFolder(), deadlineMs: Infinity, clock: preciseClock });

function scorers(model: string | undefined, folder: string): Scorer[] {
  const file = (path: string, what: string): Scorer => ({
    name: basename(path),
    what,
    make: (runtime) =>
      createGgufClassifier({ runtime, path, dialect: 'auto', deadlineMs: Infinity, clock: preciseClock, first: embedded(runtime) }),
  });
  if (model !== undefined) return [file(resolve(model), 'the file that was named')];
  const tiny = join(folder, 'arch-router-tiny.gguf');
  writeTinyDecoder(tiny, sampleText());
  const shipped: Scorer = { name: 'embedded', what: 'the model that ships with Fairlead; it reads 640 characters of a request', make: embedded };
  return [...(existsSync(join(routerFolder(), 'router.gguf')) ? [shipped] : []), file(tiny, TINY_DECODER)];
}

interface Cell {
  readonly routes: number;
  readonly tokens: number;
  readonly cold: readonly Pair[];
  readonly warm: readonly Pair[];
}

interface Measured {
  readonly scorer: Scorer;
  readonly cells: readonly Cell[];
  readonly firstMs: number;
  readonly firstWarmedMs: number;
  readonly childRssBytes: number;
  readonly bareRssBytes: number;
  readonly loopDelaysMs: readonly number[];
}

async function measure(scorer: Scorer, folder: string): Promise<Measured> {
  const firstMs = await withRuntime((runtime) => firstDecision(scorer, runtime, false));
  const firstWarmedMs = await withRuntime((runtime) => firstDecision(scorer, runtime, true));
  const bare = startBareLlama(folder);
  try {
    return await withRuntime(async (runtime) => {
      const pairs = createPairs(scorer, runtime, bare);
      const charsPerToken = await pairs.charsPerToken();
      const cells: Cell[] = [];
      for (const routes of ROUTE_COUNTS) {
        for (const tokens of TOKEN_COUNTS) {
          const chars = Math.round(tokens * charsPerToken);
          const cold = await repeat(COLD_RUNS, () => pairs.pair({ routes, chars, fresh: true }));
          const warm = await repeat(WARM_RUNS, () => pairs.pair({ routes, chars, fresh: false }));
          cells.push({ routes, tokens, cold, warm });
        }
      }
      const childRssBytes = runtime.state().rssBytes ?? 0;
      return { scorer, cells, firstMs, firstWarmedMs, childRssBytes, bareRssBytes: pairs.bareRssBytes(), loopDelaysMs: pairs.loopDelaysMs() };
    });
  } finally {
    bare.close();
  }
}

async function withRuntime<T>(work: (runtime: LlamaRuntime) => Promise<T>): Promise<T> {
  const runtime = openRuntime();
  try {
    return await work(runtime);
  } finally {
    await runtime.dispose();
  }
}

async function repeat(most: number, once: () => Promise<Pair>): Promise<Pair[]> {
  const pairs: Pair[] = [];
  const start = performance.now();
  while (pairs.length < most && (pairs.length < LEAST_RUNS || performance.now() - start < CELL_MS)) pairs.push(await once());
  return pairs;
}

interface Row {
  readonly scorer: string;
  readonly routes: number;
  readonly tokens: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly bareP50Ms: number;
  readonly ratio: number;
  readonly coldP50Ms: number;
  readonly bareColdP50Ms: number;
  /** Tokens evaluated for one warm decision; fewer than asked where the scorer cuts the request. */
  readonly evaluatedTokens: number;
}

function toRow(scorer: string, { routes, tokens, cold, warm }: Cell): Row {
  const of = (pairs: readonly Pair[], key: keyof Pair, part = 0.5): number => percentile(pairs.map((pair) => pair[key]), part) ?? 0;
  return {
    scorer,
    routes,
    tokens,
    p50Ms: of(warm, 'oursMs'),
    p95Ms: of(warm, 'oursMs', 0.95),
    bareP50Ms: of(warm, 'bareMs'),
    ratio: ratioOf(warm),
    coldP50Ms: of(cold, 'oursMs'),
    bareColdP50Ms: of(cold, 'bareMs'),
    evaluatedTokens: of(warm, 'tokens'),
  };
}

/** Of each pair, not of the medians: whatever else the machine does then falls on both alike. */
function ratioOf(pairs: readonly Pair[]): number {
  return percentile(pairs.map(({ oursMs, bareMs }) => oursMs / bareMs), 0.5) ?? 0;
}

/** p50, p95 and worst. */
function delays(longestMs: readonly number[]): number[] {
  return [0.5, 0.95, 1].map((part) => percentile(longestMs, part) ?? 0);
}

const allPairs = ({ cells }: Measured): Pair[] => cells.flatMap(({ warm }) => warm);

function report(measured: readonly Measured[]): BenchResult {
  const rows = measured.flatMap(({ scorer, cells }) => cells.map((cell) => toRow(scorer.name, cell)));
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
  const parentMb = mib(process.memoryUsage.rss());
  return {
    title: 'Latency of a decision',
    conditions: [
      `${WARM_RUNS} warm and ${COLD_RUNS} cold decisions a row (fewer where they are slow), each followed by the same evaluations in node-llama-cpp called directly.`,
      'Warm: the routes are known, the request is new. Cold: routes and request are new, the model is loaded.',
      'Baseline: evaluation alone, timed inside its own process; ours: from the call of the classifier to its answer. Ratio: median of the pairs.',
      ...measured.map(({ scorer }) => `${scorer.name}: ${scorer.what}.`),
      ...measured.map((one) => {
        const [p50, p95, most] = delays(one.loopDelaysMs).map((value) => value.toFixed(2));
        return (
          `${one.scorer.name}: ratio over all rows ${ratioOf(allPairs(one)).toFixed(2)}; first decision of a new process ${one.firstMs.toFixed(0)} ms, after a warm-up ${one.firstWarmedMs.toFixed(1)} ms; ` +
          `memory of the child ${mib(one.childRssBytes)} MiB, of the baseline ${mib(one.bareRssBytes)} MiB, of this process ${parentMb} MiB; ` +
          `longest delay of this process's event loop during a decision ${p50 ?? ''} ms (p50), ${p95 ?? ''} ms (p95), ${most ?? ''} ms (worst).`
        );
      }),
    ],
    columns: ['scorer', 'routes', 'tokens', 'p50 ms', 'p95 ms', 'bare p50 ms', 'ratio', 'cold p50 ms', 'bare cold ms', 'tokens evaluated'],
    rows: rows.map((row) => [
      row.scorer,
      row.routes,
      row.tokens,
      row.p50Ms,
      row.p95Ms,
      row.bareP50Ms,
      row.ratio,
      row.coldP50Ms,
      row.bareColdP50Ms,
      row.evaluatedTokens,
    ]),
    json: {
      rows,
      scorers: measured.map((one) => ({
        scorer: one.scorer.name,
        ratio: ratioOf(allPairs(one)),
        firstMs: one.firstMs,
        firstWarmedMs: one.firstWarmedMs,
        childRssBytes: one.childRssBytes,
        bareRssBytes: one.bareRssBytes,
        eventLoopDelayMs: delays(one.loopDelaysMs),
      })),
      parentRssBytes: process.memoryUsage.rss(),
    },
  };
}
