// `bench NAME`: one form for all benchmarks, a Markdown table or, with --json, the same figures as one object.
import { parseArgs } from 'node:util';
import { benchAccuracy } from './accuracy';
import { benchCompletion } from './completion';
import { benchLatency } from './latency';
import { machineName } from './machine';
import { benchOverhead } from './overhead';
import type { BenchArgs, BenchResult } from './result';
import { benchStart } from './start';

interface Bench {
  readonly what: string;
  readonly run: (args: BenchArgs) => Promise<BenchResult>;
}

const benches: Record<string, Bench> = {
  accuracy: { what: 'route accuracy of a classifier on labelled rows (--data DIR)', run: benchAccuracy },
  completion: { what: 'ghost text: where answers are cut, and what typing costs (--data DIR with fim/*.jsonl.gz)', run: benchCompletion },
  latency: { what: 'time of a decision beside node-llama-cpp called directly (--model FILE.gguf)', run: benchLatency },
  overhead: { what: 'our own time between a request that comes in and the one that goes out, classifier off', run: benchOverhead },
  start: { what: 'activation, bundle size, router overhead without classifier', run: benchStart },
};

export async function runBench(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      classifier: { type: 'string' },
      model: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  const bench = name === undefined ? undefined : benches[name];
  if (!bench) {
    const list = Object.entries(benches).map(([key, { what }]) => `  ${key}: ${what}`);
    if (name !== undefined) throw new Error(`There is no benchmark "${name}". There are:\n${list.join('\n')}`);
    console.log(list.join('\n'));
    return;
  }
  const result = await bench.run({ data: values.data, classifier: values.classifier, model: values.model });
  console.log(values.json ? JSON.stringify({ machine: machineName(), ...result.json }) : asMarkdown(result));
}

export function asMarkdown(result: BenchResult): string {
  const row = (cells: readonly (string | number | null)[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `## ${result.title}`,
    '',
    `Machine: ${machineName()}.`,
    ...result.conditions,
    '',
    row(result.columns),
    row(result.columns.map(() => '---')),
    ...result.rows.map(row),
  ].join('\n');
}

function cell(value: string | number | null): string {
  if (value === null) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 3 : 2);
}
