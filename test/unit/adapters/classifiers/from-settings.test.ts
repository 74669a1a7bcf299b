import { describe, expect, it } from 'vitest';
import { classifiersFrom } from '../../../../src/adapters/classifiers/from-settings';
import type { LlamaRuntime } from '../../../../src/adapters/llama/runtime';
import { parseSettings } from '../../../../src/settings/parse';

const classifiersOf = classifiersFrom({
  runtime: {} as LlamaRuntime,
  routerFolder: '/nowhere',
  key: () => Promise.resolve(undefined),
  clock: { now: () => 0 },
});

function localities(endpoint: object): (string | undefined)[] {
  const user: Record<string, unknown> = { 'classifier.use': 'remote', 'classifier.endpoint': endpoint };
  const { settings } = parseSettings((key) => ({ user: user[key], workspace: undefined }));
  return classifiersOf(settings.classifier).map(({ locality }) => locality);
}

describe('a classifier on a server', () => {
  it.each([
    [{ baseUrl: 'https://router.example.com/v1' }, 'hosted'],
    [{ kind: 'plano', baseUrl: 'https://router.example.com' }, 'hosted'],
    [{ baseUrl: 'http://192.168.1.7:8000/v1' }, 'hosted'],
    [{ baseUrl: 'http://127.0.0.1:8000/v1' }, 'local'],
    [{ kind: 'plano', baseUrl: 'http://127.0.0.1:12000' }, 'local'],
  ])('%o is %s: rules of privacy go by that', (endpoint, locality) => {
    expect(localities(endpoint)[0]).toBe(locality);
  });

  it('stands before those that are no server', () => {
    expect(localities({ baseUrl: 'https://router.example.com/v1' }).slice(1)).toEqual([undefined, undefined]);
  });
});
