import { describe, expect, it } from 'vitest';
import { byExample } from '../../../src/router/by-example';
import { createConversationMemory } from '../../../src/router/memory';
import { createRouter } from '../../../src/router/route';

const routes = [
  { name: 'bug_fixing', description: 'errors', examples: ['Why does this test fail?', 'go on', 'what broke the build'] },
  { name: 'explaining', description: 'how it works', examples: ['what does this do', 'what broke the build'] },
];

describe('a request in the words of an example', () => {
  it.each([
    ['belongs to its route', 'Why does this test fail?', 'bug_fixing'],
    ['counts without case and punctuation', '  why does THIS test fail!\n', 'bug_fixing'],
    ['is told apart from one with more words', 'why does this test fail with a timeout?', undefined],
    ['is left to the classifier when two routes have it', 'what broke the build?', undefined],
    ['is left to the classifier when it is too short to mean the same everywhere', 'go on', undefined],
    ['is left to the classifier when it is empty', '?!', undefined],
  ])('%s: %j', (_what, text, route) => {
    expect(byExample({ text, routes })?.distribution[0]?.route).toBe(route);
  });

  it('is decided without asking a classifier, and the decision says by what', async () => {
    const router = createRouter({
      classifiers: () => {
        throw new Error('nobody should be asked');
      },
      memory: createConversationMemory(),
      clock: { now: () => 0 },
      sink: () => undefined,
    });
    const request = { id: 'r', surface: 'chat' as const, turns: [{ role: 'user' as const, text: 'What does this do?' }], inputTokens: 5, needs: [], paths: [], languages: [] };
    const policy = { routes: routes.map((one) => ({ ...one, models: [], origin: 'user' as const })), candidates: [], rules: [], defaultModels: [], matches: () => false };
    const decision = await router.route(request, policy, new AbortController().signal);
    expect(decision).toMatchObject({ route: 'explaining', probability: 1, classifier: 'example', degraded: [] });
  });
});
