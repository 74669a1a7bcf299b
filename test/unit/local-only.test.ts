// Work that must stay on this machine sends nothing to a hosted server, by whichever path. The hosted server and the
// hosted classifier stand behind a listener that counts every connection and byte; the adapters are the real ones.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildCandidates } from '../../src/adapters/candidates';
import { createRemoteClassifier } from '../../src/adapters/classifiers/remote';
import { discoverModels } from '../../src/adapters/discovery';
import { createGlobMatcher } from '../../src/adapters/globs';
import { createOllamaBackend } from '../../src/adapters/ollama';
import { createOpenAiBackend } from '../../src/adapters/openai';
import { createResilience } from '../../src/adapters/resilience';
import { createSecretFinder } from '../../src/adapters/secrets';
import type { Policy } from '../../src/router/choosing/decide';
import { dialectOf } from '../../src/router/dialects/pick';
import { mayGoOn } from '../../src/router/choosing/eligibility';
import { runDecision, type RunEvent } from '../../src/router/running/execute';
import { createLexicalClassifier } from '../../src/router/lexical';
import { createConversationMemory } from '../../src/router/memory';
import { guardBackend, guardClassifier, type OutgoingDeps } from '../../src/router/privacy/outgoing';
import type { ChatCall, Message } from '../../src/router/ports';
import { createRouter, type Router } from '../../src/router/route';
import type { Candidate, Decision, RouteRequest } from '../../src/router/types';
import { createWithholder } from '../../src/router/privacy/withhold';
import { parseSettings } from '../../src/settings/parse';
import type { Settings } from '../../src/settings/settings';
import { collect, fimCall, recordingLog, rejection } from '../support/adapters';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy';
import { type Fault, type ModelServer, startModelServer } from '../support/openai-server';
import { SECRETS } from '../support/secrets';

const { signal } = new AbortController();
const clock = { now: () => Date.now() };
const matches = createGlobMatcher();
let near: ModelServer;
let far: ModelServer;
let counted: CountingProxy;

beforeEach(async () => {
  near = await startModelServer({ models: { m: { reply: 'from here', fim: 'suffix' } } });
  far = await startModelServer({ models: { m: { reply: 'from there', fim: 'suffix' } } });
  counted = await startCountingProxy({ to: far.url });
});
afterEach(async () => {
  await Promise.all([near.close(), counted.close(), far.close()]);
});

interface Stack {
  readonly settings: Settings;
  readonly policy: Policy;
  readonly router: Router;
  readonly log: ReturnType<typeof recordingLog>;
  readonly run: (decision: Decision, call?: Partial<ChatCall>) => Promise<RunEvent[]>;
  readonly fill: (decision: Decision, path: string) => Promise<string[]>;
}

function stack(user: Record<string, unknown>): Stack {
  const model = { provider: 'openai', model: 'm', capabilities: ['tools', 'fim'] };
  const models = { far: { ...model, baseUrl: counted.baseUrl }, near: { ...model, baseUrl: near.baseUrl } };
  const given: Record<string, unknown> = { models, defaultModels: ['far', 'near'], ...user };
  const { settings } = parseSettings((key) => ({ user: given[key], workspace: undefined }));
  const candidates = buildCandidates({ models: settings.models, discovered: [], vscode: [] });
  const log = recordingLog();
  const outgoing: OutgoingDeps = { policy: () => settings, matches, roots: () => ['/w/shop'], findSecrets: createSecretFinder(), withholder: createWithholder() };
  const key = async (): Promise<string> => 'sk-stored';
  const backends = new Map([createOpenAiBackend({ key, log }), createOllamaBackend({ key, log })].map((one) => [one.provider, guardBackend(one, outgoing)]));
  const remote = createRemoteClassifier({ endpoint: counted.baseUrl, model: 'm', key, dialect: dialectOf('generic'), deadlineMs: 1000, clock });
  const router = createRouter({
    classifiers: () => [guardClassifier({ ...remote, locality: 'hosted' }, outgoing), createLexicalClassifier(clock)],
    memory: createConversationMemory(),
    clock,
    sink: () => undefined,
  });
  const resilience = createResilience({ log, backoffMs: 1 });
  const call = { messages: [said('user', 'fix the failing tests')], tools: [], toolMode: 'auto', options: {} } as const;
  const privacy = { neverSend: settings.neverSend, secrets: settings.secrets === 'block' ? 'block' : 'replace', matches } as const;
  return {
    settings,
    policy: { routes: settings.routes, rules: settings.rules, defaultModels: settings.defaultModels, candidates, matches, privacy },
    router,
    log,
    run: (decision, more) => collect(runDecision({ decision, candidates, backends, call: { ...call, ...more }, log, clock, resilience }, signal)),
    fill: async (decision, path) => {
      const order = [decision.model, ...decision.fallbacks].flatMap((id) => candidates.find((one) => one.id === id) ?? []);
      const texts = await Promise.all(order.map((candidate) => collect(backends.get(candidate.provider)!.fim!(fimCall(candidate, { path }), signal))));
      return texts.map((pieces) => pieces.join(''));
    },
  };
}

function said(role: Message['role'], text: string, files?: string[]): Message {
  return { role, parts: [{ type: 'text', text, ...(files ? { files } : {}) }] };
}

function request(fields: Partial<RouteRequest> = {}): RouteRequest {
  return {
    id: 'd1',
    surface: 'chat',
    turns: [{ role: 'user', text: 'fix the failing tests' }],
    inputTokens: 50,
    needs: [],
    paths: [],
    languages: [],
    workspace: [],
    secrets: [],
    ...fields,
  };
}

const answered = (events: readonly RunEvent[]): string => events.map((event) => (event.type === 'text' ? event.text : '')).join('');
const untouched = (): void => {
  expect([counted.connections(), counted.bytes(), far.requests.length]).toEqual([0, 0, 0]);
};

const PRIVATE = { rules: [{ when: { path: ['clients/**'] }, require: 'local', reason: 'client code' }] };
const clients = { paths: ['clients/acme/a.ts'] };

describe('the counting', () => {
  it('sees a request that may leave: the classifier’s, the model’s and ghost text’s', async () => {
    const { router, policy, run, fill } = stack({});
    expect(answered(await run(await router.route(request(), policy, signal)))).toBe('from there');
    const { length } = far.requests;
    expect(length).toBeGreaterThan(1);
    await fill(router.routeNow(request({ surface: 'inline', turns: [], needs: ['fim'], paths: ['src/a.ts'] }), policy), 'src/a.ts');
    expect(far.requests.length).toBeGreaterThan(length);
    expect(counted.text()).toContain('fix the failing tests');
  });
});

describe('nothing leaves', () => {
  const cases: [string, Record<string, unknown>, Partial<RouteRequest>][] = [
    ['a rule by path', PRIVATE, clients],
    ['a rule by language', { rules: [{ when: { language: ['sql'] }, require: 'local' }] }, { languages: ['sql'] }],
    ['a rule by route, which is not known before it is read', { rules: [{ when: { route: ['bug_fixing'] }, require: 'local' }] }, {}],
    ['a rule by workspace', { rules: [{ when: { workspace: ['acme-*'] }, require: 'local' }] }, { workspace: ['acme-shop'] }],
    ['a rule by secret', { rules: [{ when: { secret: true }, require: 'local' }] }, { secrets: [{ kind: 'GitHub token', count: 1 }] }],
    ['a rule for everything', { rules: [{ when: {}, exclude: 'hosted' }] }, {}],
    ['a rule that cannot be read', { rules: [{ when: { paths: ['x'] }, require: 'local' }] }, {}],
    ['a follow-up to a question about a private file', PRIVATE, { turns: [{ role: 'user', text: 'explain' }, { role: 'assistant', text: 'it pays' }, { role: 'user', text: 'and now fix it' }], ...clients }],
    ['a commit message about a private file', { neverSend: ['clients/**'] }, { surface: 'utility', ...clients }],
    ['an agent with a private file', PRIVATE, { surface: 'agent', needs: ['tools'], ...clients }],
  ];
  it.each(cases)('in a request under %s', async (_, user, fields) => {
    const { router, policy, run } = stack(user);
    expect(answered(await run(await router.route(request(fields), policy, signal)))).toBe('from here');
    untouched();
  });

  it('in a request with a secret where secrets block', async () => {
    const { router, policy, run } = stack({ secrets: 'block' });
    const text = `fix ${SECRETS.github}`;
    const asked = request({ turns: [{ role: 'user', text }], secrets: [{ kind: 'GitHub token', count: 1 }] });
    expect(answered(await run(await router.route(asked, policy, signal), { messages: [said('user', text)] }))).toBe('from here');
    untouched();
  });

  it.each<[string, Fault]>([
    ['fails', { kind: 'status', status: 500 }],
    ['is busy and is asked again', { kind: 'status', status: 503, retryAfter: '0' }],
    ['closes the connection', { kind: 'reset' }],
    ['is cut off', { kind: 'drop', words: 1 }],
    ['sends the request on to the hosted one', { kind: 'redirect', to: 'set below' }],
  ])('when the model on this machine %s', async (_, fault) => {
    near.setModels({ m: { reply: 'one two three', fault: fault.kind === 'redirect' ? { ...fault, to: `${counted.baseUrl}/chat/completions` } : fault } });
    const { router, policy, run } = stack(PRIVATE);
    const decision = await router.route(request(clients), policy, signal);
    await rejection(run(decision));
    expect(near.requests.length).toBeGreaterThan(0);
    untouched();
  });

  it('when no model on this machine can serve', async () => {
    const { router, policy, run } = stack({ ...PRIVATE, models: { far: { provider: 'openai', model: 'm', baseUrl: counted.baseUrl } } });
    const decision = await router.route(request(clients), policy, signal);
    expect(decision.model).toBeUndefined();
    expect(await rejection(run(decision))).toMatchObject({ code: 'refused' });
    untouched();
  });

  it.each<[string, Record<string, unknown>, Partial<RouteRequest>]>([
    ['under a rule', PRIVATE, clients],
    ['in a file that is never sent', {}, { paths: ['a/.env'] }],
    ['beside a secret', {}, { paths: ['src/a.ts'], secrets: [{ kind: 'npm token', count: 1 }] }],
    ['that was not searched', {}, { paths: ['src/a.ts'], secrets: undefined as never }],
    ['under a rule about routes', { rules: [{ when: { route: ['security'] }, require: 'local' }] }, { paths: ['src/a.ts'] }],
  ])('in ghost text %s', async (_, user, fields) => {
    const { router, policy, fill } = stack(user);
    const asked = request({ surface: 'inline', turns: [], needs: ['fim'], ...fields });
    const { secrets, ...unsearched } = asked;
    const decision = router.routeNow(secrets === undefined ? unsearched : asked, policy);
    expect(decision.model).toBe('near');
    expect(await fill(decision, asked.paths[0] ?? '')).toHaveLength(1);
    untouched();
  });

  it('when models are looked for and everything must stay here', async () => {
    const look = { key: async () => 'sk-stored', log: recordingLog(), usual: [near.url], endpoints: [counted.url] };
    expect((await discoverModels({ ...look, onlyHere: true }, signal)).map(({ endpoint }) => endpoint)).toEqual([near.baseUrl]);
    untouched();
    await discoverModels(look, signal);
    expect(counted.connections()).toBeGreaterThan(0);
  });

  it('in thirty steps of an agent, of which one reads a private file and one prints it', async () => {
    const { router, policy, run } = stack(PRIVATE);
    const asked = request({ surface: 'agent', needs: ['tools'], ...clients });
    const decision = await router.route(asked, policy, signal);
    const hosted = policy.candidates.find(({ id }) => id === 'far') as Candidate;
    const messages: Message[] = [said('user', 'fix the failing tests in /w/shop/clients/acme/a.ts')];
    for (let step = 0; step < 30; step += 1) {
      messages.push({ role: 'assistant', parts: [{ type: 'tool_call', id: `c${String(step)}`, name: 'read', input: { path: '/w/shop/clients/acme/a.ts' } }] });
      messages.push({ role: 'tool', parts: [{ type: 'tool_result', id: `c${String(step)}`, text: `secret text ${String(step)}` }] });
      expect(mayGoOn(hosted, { ...policy, request: asked, routes: decision.routes })).toBe(false);
      expect(answered(await run(decision, { messages }))).toBe('from here');
    }
    untouched();
  });
});

describe('what leaves holds nothing private', () => {
  it('when the model on this machine fails and a hosted one takes over', async () => {
    near.setModels({ m: { fault: { kind: 'status', status: 500 } } });
    const { router, policy, run } = stack({ defaultModels: ['near', 'far'] });
    const decision = await router.route(request({ paths: ['config/.env'] }), policy, signal);
    const messages = [said('user', 'KEY=never-to-be-seen', ['config/.env']), said('user', `explain, and ${SECRETS.slack}`)];
    const events = await run(decision, { messages });
    expect(answered(events)).toBe('from there');
    expect(events).toContainEqual({ type: 'outgoing', files: ['config/.env'], secrets: [{ kind: 'Slack token', count: 1 }] });
    expect(counted.text()).not.toContain('never-to-be-seen');
    expect(counted.text()).not.toContain(SECRETS.slack);
    expect(counted.text()).toContain('explain, and');
  });

  it('and neither does the log', async () => {
    const { router, policy, run, log } = stack({ secrets: 'block' });
    const decision = await router.route(request(), policy, signal);
    await rejection(run({ ...decision, fallbacks: [] }, { messages: [said('user', SECRETS.github)] }));
    expect(log.lines.join('\n')).not.toContain(SECRETS.github);
    expect(log.lines.join('\n')).not.toContain('sk-stored');
  });
});
