import { describe, expect, it, vi } from 'vitest';
import { createConversationMemory } from '../../../src/router/memory';
import type { Classifier } from '../../../src/router/ports';
import { createRouter } from '../../../src/router/route';
import type { Classification, RouteRequest } from '../../../src/router/types';
import type { Rule } from '../../../src/settings/settings';
import { RouterError } from '../../../src/shared/errors';
import { sleep } from '../../../src/shared/abort';

const answer = (classifier: string, route: string): Classification => ({
  classifier,
  distribution: [
    { route, probability: 0.9 },
    { route: 'other', probability: 0.1 },
  ],
  ms: 1,
});

interface Fake extends Classifier {
  inputs: Parameters<Classifier['classify']>[0][];
}

function fake(id: string, route: string, { afterMs = 0, deadlineMs = 1000, fails = false } = {}): Fake {
  const inputs: Fake['inputs'] = [];
  return {
    id,
    deadlineMs,
    inputs,
    classify: async (input, signal) => {
      inputs.push(input);
      if (afterMs > 0) await sleep(afterMs, signal);
      if (fails) throw new RouterError('runtime', 'the child died');
      return answer(id, route);
    },
  };
}

const request: RouteRequest = {
  id: 'r',
  surface: 'chat',
  turns: [{ role: 'user', text: 'fix it' }],
  conversation: 'c1',
  inputTokens: 1,
  needs: [],
  paths: [],
  languages: [],
};
const policy = {
  routes: ['a', 'b'].map((name) => ({ name, description: name, examples: [], models: [], origin: 'user' as const })),
  candidates: [],
  rules: [],
  defaultModels: [],
  matches: () => false,
};

function routerOf(...classifiers: Classifier[]) {
  return createRouter({
    classifiers: () => classifiers,
    memory: createConversationMemory(),
    clock: { now: () => 0 },
    sink: () => undefined,
  });
}

const never = new AbortController().signal;

describe('the deadline ladder', () => {
  it('uses the first classifier when it answers in time', async () => {
    const decision = await routerOf(fake('gguf', 'a'), fake('lexical', 'b')).route(request, policy, never);
    expect(decision).toMatchObject({ route: 'a', classifier: 'gguf', degraded: [] });
  });

  it("uses the next one's answer when the first is late, and says so", async () => {
    const decision = await routerOf(fake('gguf', 'a', { afterMs: 200, deadlineMs: 20 }), fake('lexical', 'b')).route(request, policy, never);
    expect(decision).toMatchObject({
      route: 'b',
      classifier: 'lexical',
      degraded: [{ kind: 'late', classifier: 'gguf', deadlineMs: 20, used: 'lexical' }],
    });
  });

  it('uses the next one when the first breaks, and says so', async () => {
    const decision = await routerOf(fake('gguf', 'a', { fails: true }), fake('lexical', 'b')).route(request, policy, never);
    expect(decision).toMatchObject({
      route: 'b',
      degraded: [{ kind: 'failed', classifier: 'gguf', detail: 'the child died', used: 'lexical' }],
    });
  });

  it('still decides when every classifier breaks', async () => {
    const decision = await routerOf(fake('gguf', 'a', { fails: true })).route(request, policy, never);
    expect(decision).toMatchObject({ route: undefined, reasons: [{ kind: 'unclassified', why: 'no_classifier' }, { kind: 'none_eligible' }] });
  });

  it("takes a late answer as the previous route of the conversation's next turn", async () => {
    const slow = fake('gguf', 'a', { afterMs: 60, deadlineMs: 10 });
    const quick = fake('lexical', 'b');
    const router = routerOf(slow, quick);
    await router.route(request, policy, never);
    await vi.waitFor(() => expect(slow.inputs).toHaveLength(1));
    await sleep(120, never);
    const next = await router.route(request, policy, never);
    expect(quick.inputs.at(-1)?.previousRoute).toBe('a');
    expect(next.degraded).toContainEqual({ kind: 'late_answer_used', classifier: 'gguf' });
    await sleep(120, never);
  });

  it('stops at once when the request is cancelled', async () => {
    const controller = new AbortController();
    const routing = routerOf(fake('gguf', 'a', { afterMs: 10_000, deadlineMs: 60_000 })).route(request, policy, controller.signal);
    controller.abort();
    await expect(routing).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each<[string, Rule['when']]>([
    ['about a path', { path: ['private/**'] }],
    ['about a route, which is not known before classifying', { route: ['a'] }],
  ])('does not send text to a hosted classifier under a privacy rule %s', async (_, when) => {
    const hosted = { ...fake('server', 'a'), locality: 'hosted' as const };
    const rules: Rule[] = [{ when, require: 'local', origin: 'user', label: 'r' }];
    const decision = await routerOf(hosted, fake('lexical', 'b')).route(
      { ...request, paths: ['private/x.ts'] },
      { ...policy, rules, matches: (globs, path) => globs.some((glob) => path.startsWith(glob.replace('**', ''))) },
      never,
    );
    expect(hosted.inputs).toEqual([]);
    expect(decision).toMatchObject({ classifier: 'lexical', degraded: [{ kind: 'kept_local', classifier: 'server' }] });
  });

  it("remembers a conversation's route for the next turn", async () => {
    const classifier = fake('lexical', 'b');
    const router = routerOf(classifier);
    await router.route(request, policy, never);
    await router.route(request, policy, never);
    expect(classifier.inputs.map((input) => input.previousRoute)).toEqual([undefined, 'b']);
  });

  it('keeps corrections from a classifier on a server, and gives them to one on this machine', async () => {
    const hosted = { ...fake('hosted', 'a', { fails: true }), locality: 'hosted' as const };
    const own = fake('own', 'a');
    const taught = policy.routes.map((route) => ({ ...route, examples: ['words of an earlier request'] }));
    await routerOf(hosted, own).route(request, { ...policy, taught }, new AbortController().signal);
    expect(hosted.inputs[0]?.routes.flatMap(({ examples }) => examples)).toEqual([]);
    expect(own.inputs[0]?.routes[0]?.examples).toEqual(['words of an earlier request']);
  });
});
