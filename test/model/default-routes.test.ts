// The routes of a fresh install against requests that nothing was trained on (models/router/train/data/held).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedClassifier } from '../../src/adapters/classifiers/embedded';
import type { Classifier } from '../../src/router/ports';
import { defaultRoutes } from '../../src/settings/defaults';
import { startTestRuntime, type TestRuntime } from '../support/runtime';

const router = join(import.meta.dirname, '../../models/router');

interface Row {
  readonly route: string;
  readonly text: string;
}

/** `## route | domain` opens a route, `r: request` is a row; `\n` stands for a line break. */
function heldOut(): Row[] {
  let route = '';
  return readFileSync(join(router, 'train/data/held/default.routes.txt'), 'utf8').split('\n').flatMap((line) => {
    if (line.startsWith('## ')) route = line.slice(3).split('|')[0]?.trim() ?? '';
    return line.startsWith('r: ') ? [{ route, text: line.slice(3).replaceAll('\\n', '\n') }] : [];
  });
}

let runtime: TestRuntime;
let classifier: Classifier;

beforeAll(async () => {
  runtime = await startTestRuntime();
  classifier = createEmbeddedClassifier({ runtime: runtime.runtime, folder: router, deadlineMs: 60_000, clock: { now: () => performance.now() } });
});
afterAll(() => runtime.close());

async function routeOf(text: string): Promise<string | undefined> {
  const { distribution } = await classifier.classify({ text, routes: defaultRoutes }, new AbortController().signal);
  return distribution[0]?.route;
}

describe('the routes of a fresh install', () => {
  it('are found for most requests of people who never saw them', { timeout: 120_000 }, async () => {
    const rows = heldOut();
    const missed: string[] = [];
    for (const { route, text } of rows) {
      const said = await routeOf(text);
      if (said !== route) missed.push(`${route} -> ${said}: ${text.slice(0, 80)}`);
    }
    expect(rows.length).toBeGreaterThan(350);
    expect(missed.length / rows.length, missed.join('\n')).toBeLessThan(0.3);
  });

  it.each([
    ['why does the login test fail since yesterday', 'bug_fixing'],
    ['write unit tests for the date parser', 'testing'],
    ['explain what this regex does', 'code_explanation'],
    ['this query takes nine seconds', 'performance'],
    ['squash the last three commits', 'version_control'],
  ])('take %s for %s', async (text, route) => {
    expect(await routeOf(text)).toBe(route);
  });
});
