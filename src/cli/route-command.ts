// `route`: one text to a decision, or a file of rows to predictions.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildCandidates } from '../adapters/candidates';
import { createGlobMatcher } from '../adapters/globs';
import { explain } from '../router/explain';
import { createConversationMemory } from '../router/memory';
import { createRouter } from '../router/route';
import { estimateTokens } from '../router/tokens';
import type { Decision } from '../router/types';
import { messageOf, RouterError } from '../shared/errors';
import { routeRows } from './batch';
import { openClassifiers, preciseClock, systemClock, type OpenClassifiers } from './classifiers';
import { evalRow, readJsonLines, readRouteBook } from './rows';
import { readSettingsFile } from './settings-file';

const options = {
  settings: { type: 'string' },
  json: { type: 'boolean', default: false },
  routes: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  classifier: { type: 'string', default: 'auto' },
  opaque: { type: 'boolean', default: false },
  shuffle: { type: 'string' },
} as const;

export async function runRoute(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const open = openClassifiers(values.classifier);
  try {
    if (values.in === undefined) await routeOne(positionals.join(' '), values, open);
    else await routeFile(values, open);
  } finally {
    await open.close();
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

async function routeOne(text: string, values: Values, open: OpenClassifiers): Promise<void> {
  if (text.trim() === '') throw new Error('route needs a text, or --routes, --in and --out');
  const { settings, problems } = readSettingsFile(values.settings);
  for (const problem of problems) console.error(`${problem.setting}${problem.path}: ${problem.message}`);
  const candidates = buildCandidates({ models: settings.models, discovered: [], vscode: [] });
  const router = createRouter({
    classifiers: () => open.classifiers,
    memory: createConversationMemory(),
    clock: systemClock,
    sink: () => undefined,
  });
  const decision = await router.route(
    {
      id: randomUUID().slice(0, 8),
      surface: 'cli',
      turns: [{ role: 'user', text }],
      inputTokens: estimateTokens(text),
      needs: [],
      paths: [],
      languages: [],
    },
    { ...settings, candidates, matches: createGlobMatcher() },
    new AbortController().signal,
  );
  print(decision, values.json, explain(decision, candidates));
}

function print(decision: Decision, json: boolean, words: string): void {
  console.log(json ? JSON.stringify(decision, null, 2) : words);
}

async function routeFile(values: Values, open: OpenClassifiers): Promise<void> {
  const { routes, in: input, out } = values;
  if (routes === undefined || input === undefined || out === undefined) {
    throw new Error('a batch needs --routes routes.json, --in rows.jsonl[.gz] and --out pred.jsonl');
  }
  const predictions = await routeRows(
    readJsonLines(input, evalRow),
    { classifiers: open.classifiers, book: readRouteBook(routes), clock: preciseClock },
    { opaque: values.opaque, ...(values.shuffle === undefined ? {} : { shuffle: seedOf(values.shuffle) }) },
  );
  try {
    writeFileSync(out, predictions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  } catch (error) {
    throw new RouterError('disk', `Cannot write ${out}: ${messageOf(error)}`, { cause: error });
  }
  console.error(`${predictions.length} turns routed to ${out}`);
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new Error(`--shuffle needs a whole number, not "${text}"`);
  return seed;
}
