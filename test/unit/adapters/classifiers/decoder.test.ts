import { describe, expect, it } from 'vitest';
import { createDecoderClassifier, CUT_NOTE } from '../../../../src/adapters/classifiers/decoder';
import { archRouter } from '../../../../src/router/dialects/arch-router';
import { generic } from '../../../../src/router/dialects/generic';
import { plano } from '../../../../src/router/dialects/plano';
import type { Dialect } from '../../../../src/router/dialects/dialect';
import { RouterError } from '../../../../src/shared/errors';
import { fakeRuntime, type FakeRuntimeOptions } from '../../../support/fake-runtime';

const never = new AbortController().signal;
const model = { path: '/models/m.gguf', use: 'generation' } as const;
const clock = { now: () => 0 };
const routes = ['bug_fixing', 'bug', 'sql_data', 'docs'].map((name) => ({ name, description: `about ${name}`, examples: [] }));

function decoder(dialect: Dialect, options: FakeRuntimeOptions = {}, contextTokens = 4096) {
  const runtime = fakeRuntime(options);
  return { runtime, classifier: createDecoderClassifier({ runtime, model: { ...model, contextTokens }, dialect, deadlineMs: 400, clock }) };
}

describe('the decoder', () => {
  it('turns the probabilities of the answers into a distribution', async () => {
    const weights: Record<string, number> = { 'bug_fixing"}': 1, 'sql_data"}': 6, 'other"}': 3 };
    const { classifier } = decoder(archRouter(), { weigh: (choice) => weights[choice] ?? 0 });
    const found = await classifier.classify({ text: 'join them', routes }, never);
    expect(found.distribution).toEqual([
      { route: 'sql_data', probability: expect.closeTo(0.6, 10) as number },
      { route: 'other', probability: expect.closeTo(0.3, 10) as number },
      { route: 'bug_fixing', probability: expect.closeTo(0.1, 10) as number },
      { route: 'bug', probability: 0 },
      { route: 'docs', probability: 0 },
    ]);
    expect(found).not.toHaveProperty('multi');
    expect(found).not.toHaveProperty('notes');
    expect(found.classifier).toBe('arch-router');
  });

  it('asks once, with the prompt’s parts', async () => {
    const { classifier, runtime } = decoder(archRouter());
    await classifier.classify({ text: 'join them', routes }, never);
    const [asked] = runtime.chosen;
    expect(runtime.chosen).toHaveLength(1);
    expect(asked?.request.prompt).toMatchObject({ kind: 'chat', answerStart: '{"route": "', system: expect.stringMatching(/^You are Qwen/u) as string });
    expect(asked?.request.prompt).toHaveProperty('user', expect.stringContaining('"content": "join them"'));
    expect(asked?.request.choices).toEqual(['bug_fixing"}', 'bug"}', 'sql_data"}', 'docs"}', 'other"}']);
    expect(asked?.request.stablePrefix).toMatch(/<conversation>\n\n$/u);
  });

  it('warms the prefix that requests will find', async () => {
    const { classifier, runtime } = decoder(archRouter());
    classifier.warm?.(routes);
    await classifier.classify({ text: 'x', routes }, never);
    expect(runtime.warmed[0]?.request?.stablePrefix).toBe(runtime.chosen[0]?.request.stablePrefix);
    expect(runtime.warmed[0]?.model).toEqual(runtime.chosen[0]?.model);
  });

  it('says when the order of the prompt is not the trained one', async () => {
    const { classifier } = decoder(archRouter('instructions-first'));
    expect((await classifier.classify({ text: 'x', routes }, never)).notes).toEqual([expect.stringContaining('not trained on')]);
  });
});

describe('a list answer', () => {
  const inOrder = (wanted: readonly string[]): NonNullable<FakeRuntimeOptions['weigh']> => (choice, { prompt }) => {
    const begun = prompt.kind === 'chat' ? prompt.answerStart : '';
    const named = begun.includes('["') ? begun.split('", "').length : 0;
    const next = wanted[named];
    const isEnd = named > 0 ? choice === '"]}' : choice === ' []}';
    return (next === undefined ? isEnd : choice.includes(`"${next}"`)) ? 9 : 1;
  };

  it.each([
    [[], 'other', undefined, 1],
    [['docs'], 'docs', undefined, 2],
    [['docs', 'sql_data'], 'docs', ['docs', 'sql_data'], 3],
    [['docs', 'bug', 'sql_data'], 'docs', ['docs', 'bug', 'sql_data'], 3],
    [['docs', 'bug', 'sql_data', 'bug_fixing'], 'docs', ['docs', 'bug', 'sql_data'], 3],
  ])('of %j is route %s with list %j, in %i calls', async (wanted, top, multi, calls) => {
    const { classifier, runtime } = decoder(plano(), { weigh: inOrder(wanted) });
    const found = await classifier.classify({ text: 'x', routes }, never);
    expect(found.distribution[0]?.route).toBe(top);
    expect(found.multi).toEqual(multi);
    expect(runtime.chosen).toHaveLength(calls);
  });

  it('goes on only when the comma is more probable than the bracket', async () => {
    const weigh = (p: number): NonNullable<FakeRuntimeOptions['weigh']> => (choice, request) => {
      const first = request.choices.includes(' []}');
      if (first) return choice === ' ["docs"]}' ? 1 : 0.01;
      return choice === '"]}' ? 1 - p : p / (request.choices.length - 1);
    };
    const ask = async (p: number) => (await decoder(plano(), { weigh: weigh(p) }).classifier.classify({ text: 'x', routes }, never)).multi;
    expect(await ask(0.49)).toBeUndefined();
    expect(await ask(0.51)).toHaveLength(3);
  });
});

describe('the room for a conversation', () => {
  const long = Array.from({ length: 3000 }, (_, index) => `w${index}`).join(' ');

  it('is the dialect’s budget where the context is large, counted with the model’s tokens', async () => {
    const { classifier, runtime } = decoder(archRouter());
    const found = await classifier.classify({ text: long, routes }, never);
    const prompt = runtime.chosen[0]?.request.prompt;
    const kept = (prompt?.kind === 'chat' ? prompt.user : '').match(/w\d+/gu)?.length ?? 0;
    expect(kept).toBeGreaterThan(1300);
    expect(kept).toBeLessThanOrEqual(1500);
    expect(found.notes).toEqual([CUT_NOTE]);
  });

  it('is what the routes leave of a small context, and never nothing', async () => {
    for (const contextTokens of [600, 100]) {
      const { classifier, runtime } = decoder(generic(), {}, contextTokens);
      await classifier.classify({ text: long, routes }, never);
      const prompt = runtime.chosen[0]?.request.prompt;
      const words = prompt?.kind === 'chat' ? `${prompt.system ?? ''} ${prompt.user}`.split(/\s+/u).length : 0;
      expect(words).toBeLessThan(Math.max(600, 300));
      expect(words).toBeGreaterThan(150);
    }
  });

  it('follows the model when it was trained on less', async () => {
    const { classifier, runtime } = decoder(generic(), { trainContextTokens: 512 });
    await classifier.classify({ text: long, routes }, never);
    const prompt = runtime.chosen[0]?.request.prompt;
    expect(prompt?.kind === 'chat' ? prompt.user.split(/\s+/u).length : 0).toBeLessThan(400);
  });

  it('is counted once per set of routes', async () => {
    const { classifier, runtime } = decoder(archRouter());
    await classifier.classify({ text: 'a', routes }, never);
    await classifier.classify({ text: 'b', routes }, never);
    expect(runtime.counted).toHaveLength(1);
    await classifier.classify({ text: 'b', routes: routes.slice(1) }, never);
    expect(runtime.counted).toHaveLength(2);
  });
});

describe('a decoder that cannot answer', () => {
  it('passes on what went wrong', async () => {
    const { classifier } = decoder(archRouter(), { fails: new RouterError('bad_file', 'damaged') });
    await expect(classifier.classify({ text: 'x', routes }, never)).rejects.toMatchObject({ code: 'bad_file' });
  });

  it('stops when it is cancelled', async () => {
    const { classifier } = decoder(archRouter(), { delayMs: 50 });
    const controller = new AbortController();
    const answer = classifier.classify({ text: 'x', routes }, controller.signal);
    controller.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});
