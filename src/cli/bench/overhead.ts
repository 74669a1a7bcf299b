// `bench overhead`: our own time between a request that comes in and the one that goes out, classifier off, everything
// else on: rules, resting models, budgets, the ledger and the door of privacy. Beside it, in turn and in the same run,
// the same backend called directly.
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGlobMatcher } from '../../adapters/globs';
import { createLedger } from '../../adapters/ledger-file';
import { createOpenAiBackend } from '../../adapters/openai';
import { createResilience } from '../../adapters/resilience';
import { createSecretFinder } from '../../adapters/secrets';
import { budgetState } from '../../router/spending/budget';
import { runDecision, type Run } from '../../router/running/execute';
import { createConversationMemory } from '../../router/memory';
import { mentionedPaths } from '../../router/privacy/mentioned-paths';
import { countSecrets, guardBackend } from '../../router/privacy/outgoing';
import type { Backend, ChatCall } from '../../router/ports';
import { createRouter } from '../../router/route';
import { createSpending } from '../../router/spending/spending';
import { countTokens } from '../../router/tokens';
import type { Candidate, RouteRequest } from '../../router/types';
import { createWithholder } from '../../router/privacy/withhold';
import { parseSettings } from '../../settings/parse';
import { silentLog } from '../../shared/log';
import { systemClock } from '../classifiers';
import { percentile } from '../score';
import { CASES, type OverheadCase } from './overhead-cases';
import type { BenchResult } from './result';

const WARM = 10;
const ROOTS = ['/home/user/project'];

interface Times {
  /** Milliseconds until the request left. */
  readonly out: number;
  /** Milliseconds of processor time until then: what another program on the machine does is not in it. */
  readonly cpu: number;
  /** Milliseconds until the first word. */
  readonly word: number;
}

interface Row {
  readonly name: string;
  readonly locality: Candidate['locality'];
  readonly ours: readonly Times[];
  readonly bare: readonly Times[];
}

export async function benchOverhead(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const server = await startServer();
  const ledger = createLedger({ folder, log: silentLog });
  try {
    const rows: Row[] = [];
    for (const one of CASES) {
      for (const locality of ['local', 'hosted'] as const) rows.push(await measure(one, locality, { server, record: (row) => ledger.record(row) }));
    }
    return report(rows);
  } finally {
    await ledger.close();
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rig {
  readonly server: Server;
  readonly record: NonNullable<Run['record']>;
}

async function measure(one: OverheadCase, locality: Candidate['locality'], rig: Rig): Promise<Row> {
  const sent = { at: 0, cpu: 0 };
  const backend = createOpenAiBackend({
    key: () => Promise.resolve(undefined),
    log: silentLog,
    fetch: (url, init) => {
      sent.at = performance.now();
      sent.cpu = cpuMs();
      return fetch(url, init);
    },
  });
  const { port } = rig.server.address() as AddressInfo;
  const candidates = manyCandidates(`http://127.0.0.1:${port}/v1`, locality);
  const ask = createAsk({ backend, candidates, record: rig.record });
  const ours: Times[] = [];
  const bare: Times[] = [];
  for (let index = 0; index < WARM + one.requests; index += 1) {
    const call = { messages: one.messages(index), tools: one.tools, toolMode: 'auto' as const, options: {} };
    const direct = await timed(sent, () => backend.chat({ ...call, candidate: candidates[0] as Candidate }, new AbortController().signal));
    const routed = await timed(sent, () => ask(call, index));
    if (index < WARM) continue;
    bare.push(direct);
    ours.push(routed);
  }
  return { name: one.name, locality, ours, bare };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed(sent: { readonly at: number; readonly cpu: number }, start: () => AsyncIterable<{ readonly type: string }>): Promise<Times> {
  const cpu = cpuMs();
  const began = performance.now();
  let word = 0;
  for await (const { type } of start()) if (type === 'text' && word === 0) word = performance.now() - began;
  return { out: sent.at - began, cpu: sent.cpu - cpu, word };
}

interface AskDeps {
  readonly backend: Backend;
  readonly candidates: readonly Candidate[];
  readonly record: NonNullable<Run['record']>;
}

/** The whole way of a request, as the extension goes it. */
function createAsk({ backend, candidates, record }: AskDeps) {
  const { settings } = parseSettings((key) => ({ user: SETTINGS[key], workspace: undefined }));
  const matches = createGlobMatcher();
  const findSecrets = createSecretFinder();
  const outgoing = { policy: () => settings, matches, roots: () => ROOTS, findSecrets, withholder: createWithholder() };
  const backends = new Map([['openai' as const, guardBackend(backend, outgoing)]]);
  const resilience = createResilience({ log: silentLog });
  const spending = createSpending();
  const router = createRouter({ classifiers: () => [], memory: createConversationMemory(), clock: systemClock, sink: () => undefined });
  return async function* ask(call: Omit<ChatCall, 'candidate'>, index: number) {
    const { signal } = new AbortController();
    const asked = requestOf(call, index);
    const secrets = candidates.some(({ locality }) => locality === 'hosted') ? countSecrets((await findSecrets(asked.turns.map(({ text }) => text), signal)).flat()) : [];
    const request: RouteRequest = { ...asked, secrets };
    const { stops: spent } = budgetState({ budgets: settings.budgets, spending, conversation: request.conversation, now: systemClock.now() });
    const privacy = { neverSend: settings.neverSend, secrets: 'replace' as const, matches };
    const policy = { ...settings, candidates, matches, privacy, resting: resilience.resting(candidates), spent };
    const decision = await router.route(request, policy, signal);
    const written: AskDeps['record'] = (row) => {
      spending.add(row);
      record(row);
    };
    yield* runDecision({ decision, candidates, backends, call, log: silentLog, clock: systemClock, resilience, record: written, conversation: 'c' }, signal);
  };
}

function requestOf({ messages, tools }: Omit<ChatCall, 'candidate'>, index: number): RouteRequest {
  const texts = messages.flatMap(({ parts }) => parts.map((part) => ('text' in part ? part.text : '')));
  return {
    id: String(index),
    surface: 'agent',
    turns: messages.map(({ role, parts }) => ({ role, text: parts.map((part) => ('text' in part ? part.text : '')).join('') })),
    conversation: 'c',
    inputTokens: countTokens(messages, tools),
    needs: tools.length > 0 ? ['tools'] : [],
    paths: mentionedPaths(texts, ROOTS),
    languages: ['typescript'],
  };
}

const SETTINGS: Readonly<Record<string, unknown>> = {
  defaultModels: ['model-0'],
  'budgets.usdPerDay': 1000,
  'budgets.requestsPerConversation': 1_000_000,
  rules: Array.from({ length: 12 }, (_, index) => ({ when: { path: [`secret${index}/**`], language: ['typescript'] }, require: 'local' })),
};

function manyCandidates(endpoint: string, locality: Candidate['locality']): Candidate[] {
  return Array.from({ length: 20 }, (_, index) => ({
    id: `model-${index}`,
    provider: 'openai',
    model: `model-${index}`,
    locality,
    endpoint,
    contextTokens: 1_000_000,
    capabilities: ['tools'],
    capabilitiesKnown: true,
    price: { input: 1, output: 4 },
    origin: 'settings',
  }));
}

const EVENT = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'model-0', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

function startServer(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${EVENT({ content: 'fine' }, null)}${EVENT({}, 'stop')}data: [DONE]\n\n`);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function report(rows: readonly Row[]): BenchResult {
  const figures = rows.map(({ name, locality, ours, bare }) => {
    const own = ours.map(({ out }, index) => out - (bare[index]?.out ?? 0));
    const ownCpu = ours.map(({ cpu }, index) => cpu - (bare[index]?.cpu ?? 0));
    return {
      request: name,
      model: locality,
      requests: ours.length,
      ownP50Ms: percentile(own, 0.5),
      ownP95Ms: percentile(own, 0.95),
      ownCpuP50Ms: percentile(ownCpu, 0.5),
      ownCpuP95Ms: percentile(ownCpu, 0.95),
      outP50Ms: percentile(ours.map(({ out }) => out), 0.5),
      outP95Ms: percentile(ours.map(({ out }) => out), 0.95),
      bareP50Ms: percentile(bare.map(({ out }) => out), 0.5),
      bareP95Ms: percentile(bare.map(({ out }) => out), 0.95),
      firstWordP50Ms: percentile(ours.map(({ word }) => word), 0.5),
      bareFirstWordP50Ms: percentile(bare.map(({ word }) => word), 0.5),
    };
  });
  return {
    title: 'Router overhead',
    conditions: [
      'Time from a request that comes in to the request that goes out; classifier off; 20 models, 14 routes, 12 rules, budgets, ledger, privacy.',
      'Own: ours less the same backend called directly, request by request. Hosted models: secrets are looked for, with what earlier steps found remembered.',
      'CPU: processor time of this process alone, for machines that are busy with other things.',
      `${WARM} requests of each kind beforehand are not counted.`,
    ],
    columns: ['request', 'model', 'own p50 ms', 'own p95 ms', 'own CPU p50 ms', 'own CPU p95 ms', 'out p50 ms', 'out p95 ms', 'bare p50 ms', 'bare p95 ms', 'first word p50 ms', 'bare first word p50 ms'],
    rows: figures.map((one) => [
      one.request,
      one.model,
      one.ownP50Ms,
      one.ownP95Ms,
      one.ownCpuP50Ms,
      one.ownCpuP95Ms,
      one.outP50Ms,
      one.outP95Ms,
      one.bareP50Ms,
      one.bareP95Ms,
      one.firstWordP50Ms,
      one.bareFirstWordP50Ms,
    ]),
    json: { overhead: figures },
  };
}
