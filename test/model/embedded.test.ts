import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEmbeddedClassifier } from '../../src/adapters/classifiers/embedded';
import { silentLog } from '../../src/shared/log';
import type { LlamaRuntime } from '../../src/adapters/llama/runtime';
import { createLexicalClassifier } from '../../src/router/lexical';
import { createConversationMemory } from '../../src/router/memory';
import type { Classifier } from '../../src/router/ports';
import { createRouter } from '../../src/router/route';
import { defaultRoutes } from '../../src/settings/defaults';
import { startTestRuntime, type TestRuntime } from '../support/runtime';

interface Golden {
  tolerance: number;
  cases: {
    last: string;
    previousUser: string;
    assistant: string;
    previousRoute: string;
    routes: { name: string; description: string; examples: string[] }[];
    probabilities: number[];
  }[];
}

const folder = join(import.meta.dirname, '../../models/router');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
const clock = { now: () => performance.now() };
const never = new AbortController().signal;
let test: TestRuntime;
let classifier: Classifier;

beforeAll(async () => {
  test = await startTestRuntime();
  classifier = createEmbeddedClassifier({ runtime: test.runtime, folder, deadlineMs: 60_000, clock });
});
afterAll(() => test.close());

const ask = async (text: string, routes = defaultRoutes) => (await classifier.classify({ text, routes }, never)).distribution;

describe('the shipped router model', () => {
  it.each(golden.cases.map((one, index) => [`${index + 1}: ${one.last.slice(0, 50)}`, one] as const))(
    'gives the probabilities of its training code for case %s',
    async (_, one) => {
      const { distribution } = await classifier.classify(
        {
          text: one.last,
          routes: one.routes,
          ...(one.previousUser === '' ? {} : { previousUser: one.previousUser }),
          ...(one.assistant === '' ? {} : { previousAssistant: one.assistant }),
          ...(one.previousRoute === '' ? {} : { previousRoute: one.previousRoute }),
        },
        never,
      );
      const names = [...one.routes.map(({ name }) => name), 'other'];
      names.forEach((name, index) => {
        const found = distribution.find(({ route }) => route === name)?.probability ?? -1;
        expect(Math.abs(found - one.probabilities[index]!)).toBeLessThan(golden.tolerance);
      });
    },
  );

  it('gives every route and other a probability, whatever the order of the routes', async () => {
    const forward = await ask('the login endpoint returns 500 since yesterday');
    const backward = await ask('the login endpoint returns 500 since yesterday', [...defaultRoutes].reverse());
    expect(forward).toHaveLength(defaultRoutes.length + 1);
    expect(forward.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(backward[0]?.route).toBe(forward[0]?.route);
    expect(backward[0]?.probability).toBeCloseTo(forward[0]!.probability, 3);
  });

  it('sees a new route at once, without training', async () => {
    const firmware = { name: 'firmware', description: 'microcontrollers, interrupts, registers and board bring-up', models: [], examples: [], origin: 'user' as const };
    const [top] = await ask('the STM32 timer interrupt register never fires', [...defaultRoutes, firmware]);
    expect(top?.route).toBe('firmware');
  });

  it('follows an example of a route at once', async () => {
    const text = 'ship the blue sheep to the moon base';
    const withExample = defaultRoutes.map((route) => (route.name === 'shell_devops' ? { ...route, examples: [...route.examples, text] } : route));
    const before = (await ask(text)).find(({ route }) => route === 'shell_devops')!.probability;
    const after = (await ask(text, withExample)).find(({ route }) => route === 'shell_devops')!.probability;
    expect(after).toBeGreaterThan(before);
  });

  it.each(['', '```', '🙂', 'x'.repeat(200_000), '\u0000\uFFFF', '说明一下这个函数'])('reads any text without failing (%#)', async (text) => {
    const distribution = await ask(text);
    expect(distribution.every(({ probability }) => Number.isFinite(probability))).toBe(true);
  });

  it('keeps the vectors of routes, so that the next session embeds the request alone', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'fairlead-')), 'route-vectors.bin');
    const embedded: number[] = [];
    const runtime = {
      ...test.runtime,
      embed: (...[spec, texts, signal]: Parameters<LlamaRuntime['embed']>) => {
        embedded.push(texts.length);
        return test.runtime.embed(spec, texts, signal);
      },
    };
    const session = () => createEmbeddedClassifier({ runtime, folder, deadlineMs: 60_000, clock, routeVectors: { path, log: silentLog } });
    const first = await session().classify({ text: 'why does it crash', routes: defaultRoutes }, never);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    const second = await session().classify({ text: 'why does it crash', routes: defaultRoutes }, never);
    expect(embedded[0]).toBeGreaterThan(defaultRoutes.length);
    expect(embedded[1]).toBe(1);
    expect(second.distribution).toEqual(first.distribution);
  });

  it('gives way to the lexical classifier when its host is down, and the decision says so', async () => {
    const down = await startTestRuntime();
    await down.runtime.dispose();
    const broken = createEmbeddedClassifier({ runtime: down.runtime, folder, deadlineMs: 60_000, clock });
    const router = createRouter({
      classifiers: () => [broken, createLexicalClassifier(clock)],
      memory: createConversationMemory(),
      clock,
      sink: () => undefined,
    });
    const decision = await router.route(
      { id: 'r', surface: 'chat', turns: [{ role: 'user', text: 'write some tests for this parser' }], inputTokens: 1, needs: [], paths: [], languages: [] },
      { routes: defaultRoutes, candidates: [], rules: [], defaultModels: [], matches: () => false },
      never,
    );
    expect(decision).toMatchObject({ classifier: 'lexical', route: 'testing', degraded: [{ kind: 'failed', classifier: 'embedded', used: 'lexical' }] });
    await down.close();
  });
});
