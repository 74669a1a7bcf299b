// What settings of privacy mean, who may set them, and that keys stay out of settings.
import { describe, expect, it } from 'vitest';
import { keyIn } from '../../../src/settings/keys-in-settings';
import { BUILT_IN_NEVER_SEND } from '../../../src/settings/never-send';
import { parseSettings, type ParsedSettings } from '../../../src/settings/parse';
import { SECRETS } from '../../support/secrets';

const parse = (user: Record<string, unknown>, workspace: Record<string, unknown> = {}): ParsedSettings =>
  parseSettings((key) => ({ user: user[key], workspace: workspace[key] }));

describe('files that are never sent', () => {
  it('are the built-in ones and the user’s, less the user’s exceptions, plus the workspace’s', () => {
    const { settings, problems } = parse({ neverSend: ['clients/**', '!**/.env.test'] }, { neverSend: ['drafts/**'] });
    expect(settings.neverSend).toEqual({ globs: [...BUILT_IN_NEVER_SEND, 'clients/**'], except: ['**/.env.test'], added: ['drafts/**'] });
    expect(problems).toEqual([]);
  });

  it('are not taken out by a workspace, which is told', () => {
    const { settings, problems } = parse({}, { neverSend: ['!**/.env', 'a'] });
    expect(settings.neverSend).toMatchObject({ except: [], added: ['a'] });
    expect(problems).toMatchObject([{ setting: 'fairlead.neverSend', path: '[0]', origin: 'workspace' }]);
  });

  it('may be one glob that somebody wrote without a list', () => {
    expect(parse({ neverSend: 'clients/**' }).settings.neverSend.globs).toContain('clients/**');
  });
});

describe('what happens to secrets', () => {
  it('is asked, unless the user says otherwise', () => {
    expect([parse({}).settings.secrets, parse({ secrets: 'block' }).settings.secrets]).toEqual(['ask', 'block']);
  });

  it.each(['off', 'redact'])('is not for a workspace to say: %s', (value) => {
    const { settings, problems } = parse({ secrets: 'block' }, { secrets: value });
    expect(settings.secrets).toBe('block');
    expect(problems).toMatchObject([{ setting: 'fairlead.secrets', origin: 'workspace' }]);
  });

  it('is asked when the value makes no sense', () => {
    expect(parse({ secrets: 'never' }).settings.secrets).toBe('ask');
  });
});

describe('a rule of privacy that cannot be read', () => {
  it.each([
    ['a misspelt condition', { when: { paths: ['a/**'] }, require: 'local' }],
    ['no condition at all', { require: 'local' }],
    ['a glob that is not in a list', { when: { path: 'a/**' }, exclude: 'hosted' }],
  ])('keeps everything on this machine until it is put right: %s', (_, rule) => {
    const { settings, problems } = parse({ rules: [rule] });
    expect(settings.rules).toEqual([{ when: {}, require: 'local', origin: 'user', label: 'rule 1 of the user settings cannot be read' }]);
    expect(problems).toHaveLength(1);
  });

  it('is not every broken rule: one that only prefers is left out', () => {
    expect(parse({ rules: [{ when: { paths: ['a'] }, prefer: ['x'] }] }).settings.rules).toEqual([]);
  });
});

describe('a key in the settings', () => {
  it.each([
    ['a field of its own', { provider: 'openai', model: 'm', apiKey: 'anything' }],
    ['a header', { provider: 'openai', model: 'm', headers: { Authorization: 'Bearer abcdefghijklmnop' } }],
    ['an address with a login', { provider: 'openai', model: 'm', baseUrl: 'https://user:pass@host.example/v1' }],
    ['an address with a parameter', { provider: 'openai', model: 'm', baseUrl: 'https://host.example/v1?api_key=abc' }],
    ['a model’s name', { provider: 'openai', model: SECRETS.anthropic }],
  ])('is refused with its model, and not repeated: %s', (_, model) => {
    const { settings, problems } = parse({ models: { broken: model, fine: { provider: 'openai', model: 'm' } } });
    expect(Object.keys(settings.models)).toEqual(['fine']);
    expect(problems[0]?.message).toContain('Store an API Key');
    expect(JSON.stringify(problems)).not.toMatch(/abcdefghijklmnop|user:pass|api_key=abc|Ab1_Ab1_/u);
  });

  it.each([
    ['discovery.endpoints', ['https://user:pass@host.example']],
    ['classifier.endpoint', { baseUrl: 'https://host.example/v1?key=abc' }],
  ])('is refused in %s', (key, value) => {
    const { problems } = parse({ [key]: value });
    expect(problems.map(({ message }) => message).join()).toContain('Store an API Key');
  });

  it('is not seen in an ordinary model', () => {
    expect(keyIn({ provider: 'openai', baseUrl: 'https://host.example/v1', model: 'org/sk-tuned-7b', keyName: 'work' })).toBeUndefined();
  });
});
