// `bench accuracy`: how well a classifier reads routes it has never seen, on any folder of labelled rows, beside
// words alone, a sentence encoder and chance. Also how much its answer depends on what it should not depend on.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Classifier } from '../../router/ports';
import { createLexicalClassifier } from '../../router/lexical';
import { messageOf, RouterError } from '../../shared/errors';
import { routeRows, type BatchOptions } from '../batch';
import { openClassifiers, preciseClock } from '../classifiers';
import { evalRow, readJsonLines, readRouteBook, type EvalRow, type Prediction, type RouteBook } from '../rows';
import { mean, scorePredictions, type Score } from '../score';
import { openPeer } from './peer';
import type { BenchArgs, BenchResult } from './result';
import { vary, type Variant } from './variants';

const PLAIN: BatchOptions = { opaque: false };
const SHUFFLED: BatchOptions = { opaque: false, shuffle: 7 };
/** Rows of each set that the flip rates are measured on. */
const FLIP_ROWS = 120;

interface SetFigures {
  readonly turn: number | null;
  readonly span: number | null;
  readonly conversation: number | null;
  readonly macro: number | null;
  /** Recall of `other`, and the share of routed turns wrongly called so. */
  readonly other: number | null;
  readonly falseOther: number | null;
  readonly ece: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

interface Robustness {
  readonly shuffledTurn: number | null;
  readonly opaqueTurn: number | null;
  /** Share of turns whose route changes, 0..1. */
  readonly reorderedFlips: number | null;
  readonly rewordedFlips: number | null;
  readonly injectedFlips: number | null;
}

interface Measured {
  readonly name: string;
  readonly rows: readonly EvalRow[];
  readonly figures: SetFigures & Robustness;
  readonly baselines: Readonly<Record<string, SetFigures | null>>;
}

export async function benchAccuracy({ data, classifier = 'auto' }: BenchArgs): Promise<BenchResult> {
  const { book, sets } = readData(data);
  const open = openClassifiers(classifier);
  try {
    const peer = await openPeer(preciseClock).catch((error: unknown) => {
      console.error(messageOf(error));
      return undefined;
    });
    const measured: Measured[] = [];
    for (const { name, rows } of sets) {
      console.error(`${name}: ${rows.length} rows`);
      measured.push(await measure({ name, rows, book, classifiers: open.classifiers, peer }));
    }
    return report(measured, classifier, data ?? '');
  } finally {
    await open.close();
  }
}

function readData(data: string | undefined): { book: RouteBook; sets: { name: string; rows: EvalRow[] }[] } {
  const folder = data === undefined ? undefined : join(data, 'eval');
  if (data === undefined || folder === undefined || !existsSync(folder)) {
    throw new RouterError('bad_file', 'bench accuracy needs --data DIR with DIR/routes.json and DIR/eval/*.jsonl.gz');
  }
  const files = readdirSync(folder).filter((file) => /\.jsonl(\.gz)?$/u.test(file)).sort();
  return {
    book: readRouteBook(join(data, 'routes.json')),
    sets: files.map((file) => ({
      name: file.replace(/\.jsonl(\.gz)?$/u, ''),
      rows: readJsonLines(join(folder, file), evalRow),
    })),
  };
}

interface Task {
  readonly name: string;
  readonly rows: readonly EvalRow[];
  readonly book: RouteBook;
  readonly classifiers: readonly Classifier[];
  readonly peer: Classifier | undefined;
}

async function measure(task: Task): Promise<Measured> {
  const { name, rows, classifiers, peer } = task;
  const run = (using: readonly Classifier[], on: readonly EvalRow[], options = PLAIN): Promise<Prediction[]> =>
    routeRows(on, { classifiers: using, book: task.book, clock: preciseClock }, options);
  const plain = await run(classifiers, rows);
  const few = everyNth(rows, FLIP_ROWS);
  const flips = async (variant: Variant): Promise<number | null> =>
    flipRate(plain, await run(classifiers, few.map((row, index) => vary(row, variant, index + 1))));
  const shuffled = await run(classifiers, rows, SHUFFLED);
  const opaque = await run(classifiers, rows, { opaque: true });
  const lexical = await run([createLexicalClassifier(preciseClock)], rows);
  return {
    name,
    rows,
    figures: {
      ...figuresOf(scorePredictions(rows, plain)),
      shuffledTurn: scorePredictions(rows, shuffled).turn,
      opaqueTurn: scorePredictions(rows, opaque).turn,
      reorderedFlips: flipRate(plain, shuffled),
      rewordedFlips: await flips('reworded'),
      injectedFlips: await flips('injected'),
    },
    baselines: {
      lexical: figuresOf(scorePredictions(rows, lexical)),
      sentenceEncoder: peer ? figuresOf(scorePredictions(rows, await run([peer], rows))) : null,
      random: randomFigures(rows),
    },
  };
}

function figuresOf(score: Score): SetFigures {
  const { turn, span, conversation, macro, otherRecall, falseOther, ece, p50Ms, p95Ms } = score;
  return { turn, span, conversation, macro, other: otherRecall, falseOther, ece, p50Ms, p95Ms };
}

/** Expected accuracy of choosing among the candidates, `other` included, by chance. */
function randomFigures(rows: readonly EvalRow[]): SetFigures {
  const turn = mean(rows.flatMap((row) => row.labels.map(() => 1 / row.candidates.length)));
  const none = { span: null, conversation: null, macro: null, other: null, falseOther: null, ece: null };
  return { turn, ...none, p50Ms: null, p95Ms: null };
}

function everyNth<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.floor(items.length / most));
  return items.filter((_, index) => index % step === 0).slice(0, most);
}

function flipRate(before: readonly Prediction[], after: readonly Prediction[]): number | null {
  const known = new Map(before.map((one) => [`${one.id}\u0000${one.turn}`, one.route]));
  return mean(after.map((one) => (known.get(`${one.id}\u0000${one.turn}`) === one.route ? 0 : 1)));
}

const percent = (share: number | null): string | null => (share === null ? null : (share * 100).toFixed(1));

function report(measured: readonly Measured[], classifier: string, data: string): BenchResult {
  const folder = data.split(/[\\/]/u).findLast((part) => part !== '') ?? data;
  return {
    title: `Accuracy of \`${classifier}\``,
    conditions: [
      `Data: every eval/*.jsonl.gz of ${folder}, candidates as given. Percentages; ECE over ten bins; ms is one whole decision, deadlines off.`,
      `Flips: share of turns whose route changes, on up to ${FLIP_ROWS} rows a set. Baselines in the same run: words (lexical), nearest description by the npm sentence encoder, chance.`,
    ],
    columns: [
      'set', 'turn', 'span', 'conv.', 'macro', 'other', 'false other', 'ECE', 'p50 ms', 'p95 ms',
      'shuffled', 'opaque', 'flips: reordered', 'reworded', 'injected', 'lexical', 'encoder', 'random',
    ],
    rows: measured.map(({ name, figures: f, baselines }) => [
      name, percent(f.turn), percent(f.span), percent(f.conversation), percent(f.macro), percent(f.other),
      percent(f.falseOther), percent(f.ece), f.p50Ms, f.p95Ms, percent(f.shuffledTurn), percent(f.opaqueTurn),
      percent(f.reorderedFlips), percent(f.rewordedFlips), percent(f.injectedFlips),
      ...['lexical', 'sentenceEncoder', 'random'].map((key) => percent(baselines[key]?.turn ?? null)),
    ]),
    json: {
      sets: Object.fromEntries(measured.map(({ name, figures }) => [name, figures])),
      baselines: Object.fromEntries(
        ['lexical', 'sentenceEncoder', 'random'].map((key) => [
          key,
          Object.fromEntries(measured.map(({ name, baselines }) => [name, baselines[key] ?? null])),
        ]),
      ),
    },
  };
}
