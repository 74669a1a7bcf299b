// `bench completion`: ghost text without VS Code. (a) Is the true middle found again behind what models write past it?
// (b) What does typing cost: requests, cancelled ones, answers from the cache, and our own time?
// (c) How well does a real model do, where one can be reached?
import { join } from 'node:path';
import { createSyntax } from '../../adapters/tree-sitter';
import type { Syntax } from '../../completion/syntax';
import { silentLog } from '../../shared/log';
import { languageOf, readFimCases, type FimCase } from './completion-cases';
import { findLiveModel, runLive, type LiveResult } from './completion-live';
import { HELD } from './completion-model';
import { runOracle, type OracleResult } from './completion-oracle';
import { runTrace, type TraceResult } from './completion-trace';
import { HABITS } from './completion-typist';
import type { BenchArgs, BenchResult } from './result';

/** Wrong cuts that are listed of each kind. */
const LISTED = 5;

export async function benchCompletion({ data, model }: BenchArgs): Promise<BenchResult> {
  const rows = readFimCases(data);
  console.error(`${rows.length} cases`);
  const syntax = createSyntax({ folder: join(__dirname, 'grammars'), log: silentLog });
  await Promise.all([...new Set(rows.map(languageOf))].map((language) => syntax.ready(language)));
  const oracle = runOracle(rows, syntax);
  listWrong(oracle);
  const trace = await runTrace(rows);
  const live = await liveFigures(rows, model, syntax);
  return report({ cases: rows.length, oracle, trace, live });
}

/** Undefined when no model is reachable, which is said. */
async function liveFigures(rows: readonly FimCase[], model: string | undefined, syntax: Syntax): Promise<LiveResult | undefined> {
  const found = await findLiveModel(model);
  if (!found) {
    console.error('no model that fills in is reachable on this machine: that part is skipped (start one, or --model FILE.gguf)');
    return undefined;
  }
  try {
    return await runLive(rows, found, syntax);
  } finally {
    await found.close();
  }
}

function listWrong({ wrong, byKind }: OracleResult): void {
  for (const kind of Object.keys(byKind)) {
    const own = wrong.filter((cut) => cut.kind === kind);
    if (own.length > 0) console.error(`wrong cuts, ${kind}: ${own.length}`);
    for (const { id, wanted, got } of own.slice(0, LISTED)) console.error(`  ${id}: ${JSON.stringify(got)} for ${JSON.stringify(wanted)}`);
  }
}

const percent = (share: number): string => (share * 100).toFixed(2);

interface Measured {
  readonly cases: number;
  readonly oracle: OracleResult;
  readonly trace: TraceResult;
  readonly live: LiveResult | undefined;
}

function report({ cases, oracle, trace, live }: Measured): BenchResult {
  const { exact, byKind } = oracle;
  const ms = (value: number): string => value.toFixed(3);
  return {
    title: 'Ghost text',
    conditions: [
      `Oracle: ${cases} cases, each true middle with every overrun that fits it, in pieces of 1 to 7 characters through the stop and the trimming. Exact: character by character; white space at the very end counts where text follows on the line.`,
      `Trace: middles typed on a virtual clock at ${HABITS.keyMs} ms a key (log-normal, sigma ${HABITS.keySpread}), a pause of ${HABITS.thinkMs} ms at ${HABITS.thinkAtLine * 100} % of the line starts and ${HABITS.thinkAfterSign * 100} % of the signs, ${HABITS.slip * 100} % slips that are deleted again; ${HABITS.accepts * 100} % of the right suggestions are taken after ${HABITS.reactionMs} ms, ${HABITS.byWord * 100} % of those word by word, the others typed over. VS Code asks 50 ms after a key.`,
      `The model of the trace: first token after ${HELD.firstTokenMs} ms (±30 %), ${HELD.tokenMs} ms a token; each line is right with ${HELD.lineRight * 100} %, the first wrong one ends what is right, and begins right half of the time; what is right runs on into the code below. The router, its rules and the search in open files are the real ones. Own times are real ones, each the least of three replays, without waits.`,
    ],
    columns: ['figure', 'value', 'cases'],
    rows: [
      ['oracle: exact, %', percent(exact), oracle.cases],
      ...Object.entries(byKind).map(([kind, count]) => [`oracle: ${kind}, %`, percent(count.exact), count.cases]),
      ['trace: keys answered from the cache, %', percent(trace.cacheShare), trace.keystrokes],
      ['trace: requests', trace.requests, null],
      ['trace: cancelled', trace.cancelled, null],
      ['trace: answers from the cache', trace.cacheHits, null],
      ['trace: suggestions shown', trace.shown, null],
      ['trace: taken', trace.accepted, null],
      ['trace: key to request p50, ms', ms(trace.ownP50Ms), null],
      ['trace: key to request p95, ms', ms(trace.ownP95Ms), null],
      ['trace: key to ghost text from the cache p95, ms', ms(trace.hitP95Ms), null],
      ...liveRows(live),
    ],
    json: { oracle: { cases: oracle.cases, exact, byKind }, trace, ...(live ? { live } : {}) },
  };
}

function liveRows(live: LiveResult | undefined): BenchResult['rows'] {
  if (!live) return [['model: none reachable, skipped', null, null]];
  const { model, cases, exact, editSimilarity, passAt1, tested, failed } = live;
  return [
    [`${model}: exact, %`, percent(exact), cases],
    [`${model}: edit similarity, %`, percent(editSimilarity), cases],
    [`${model}: pass@1, %`, passAt1 === null ? null : percent(passAt1), tested],
    [`${model}: no answer`, failed, cases],
  ];
}
