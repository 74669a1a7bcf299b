// The page behind “What May Leave This Machine?”.
import { describe, expect, it } from 'vitest';
import { createGlobMatcher } from '../../../../src/adapters/globs';
import { leaveReport, leaving, type LeaveInput } from '../../../../src/router/privacy/leave-report';
import type { Rule } from '../../../../src/settings/settings';
import { candidate } from '../../../support/adapters';

const near = candidate({ id: 'near', endpoint: 'http://127.0.0.1:1', model: 'm', locality: 'local' });
const far = candidate({ id: 'far', endpoint: 'https://models.example.com', model: 'm', locality: 'hosted' });
const rule = (fields: Partial<Rule>): Rule => ({ when: {}, origin: 'user', label: 'client code', ...fields });

const input = (fields: Partial<LeaveInput> = {}): LeaveInput => ({
  file: { path: 'src/pay.ts', language: 'typescript', secrets: [] },
  candidates: [near, far],
  rules: [],
  privacy: { neverSend: { globs: ['**/.env'], except: [], added: [] }, secrets: 'replace', matches: createGlobMatcher() },
  secretsMode: 'ask',
  workspace: ['shop'],
  trusted: true,
  ...fields,
});

const env = { path: 'a/.env', language: 'dotenv', secrets: [{ kind: 'GitHub token', count: 2 }] };
const ids = (candidates: readonly { id: string }[]): string[] => candidates.map(({ id }) => id);

describe('what holds for a file', () => {
  it.each<[string, Partial<LeaveInput>, boolean, string[]]>([
    ['nothing', {}, true, []],
    ['a glob of files that are never sent', { file: env }, false, ['far']],
    ['a rule by path', { rules: [rule({ when: { path: ['src/**'] }, require: 'local' })] }, false, ['far']],
    ['a rule by language', { rules: [rule({ when: { language: ['typescript'] }, exclude: 'hosted' })] }, false, ['far']],
    ['a rule by workspace', { rules: [rule({ when: { workspace: ['shop'] }, require: 'local' })] }, false, ['far']],
    ['a rule for another file', { rules: [rule({ when: { path: ['docs/**'] }, require: 'local' })] }, true, []],
    ['a rule that names models', { rules: [rule({ exclude: ['near'] })] }, true, ['near']],
    ['a rule that depends on what is asked', { rules: [rule({ when: { route: ['security'] }, require: 'local' })] }, true, []],
  ])('%s', (_, fields, mayLeave, mayNot) => {
    const found = leaving(input(fields));
    expect([found.mayLeave, ids(found.mayNot)]).toEqual([mayLeave, mayNot]);
  });

  it('names rules that hold for some requests only, and only where they could hold', () => {
    const rules = [
      rule({ label: 'about security', when: { route: ['security'] }, require: 'local' }),
      rule({ label: 'agents elsewhere', when: { surface: ['agent'], path: ['docs/**'] }, require: 'local' }),
      rule({ label: 'keys', when: { secret: true }, require: 'local' }),
    ];
    expect(leaving(input({ rules })).sometimes.map(({ label }) => label)).toEqual(['about security', 'keys']);
  });
});

describe('the page', () => {
  it('says what keeps a file here and how to change that', () => {
    const page = leaveReport(input({ file: env, rules: [rule({ when: { path: ['a/**'] }, require: 'local', origin: 'workspace' })] }));
    expect(page).toContain('**a/.env** stays on this machine.');
    expect(page).toContain('“!\\*\\*/.env” in your user settings takes it out.');
    expect(page).toContain('“client code” in `fairlead.rules` of your workspace settings keeps it here.');
    expect(page).toContain('It holds: 2 × GitHub token.');
    expect(page).toMatch(/## Models that may read it\n\n- near \(on this machine\)\n\n## Models that may not\n\n- far \(hosted\)/u);
  });

  it('does not promise that the user could take out what the workspace keeps', () => {
    const privacy = { ...input().privacy, neverSend: { globs: [], except: ['a/.env'], added: ['.env'] } };
    const page = leaveReport(input({ file: env, privacy }));
    expect(page).toContain('it can be changed there only');
    expect(page).not.toContain('user settings takes it out');
  });

  it('says that a file may leave, and what happens to secrets', () => {
    const page = leaveReport(input({ secretsMode: 'block' }));
    expect(page).toContain('may be sent to hosted models');
    expect(page).toContain('Requests that hold one stay on this machine.');
  });

  it('admits a search that failed, a folder that is not trusted, and what cannot be known', () => {
    const page = leaveReport(input({ file: { ...env, secrets: undefined }, trusted: false }));
    expect(page).toContain('could not be searched');
    expect(page).toContain('## This folder is not trusted');
    expect(page).toContain('hands requests on to somebody else');
  });

  it('lists what never leaves, with exceptions and the workspace’s part, also without a file', () => {
    const privacy = { ...input().privacy, neverSend: { globs: ['**/.env'], except: ['x'], added: ['drafts/**'] } };
    const page = leaveReport(input({ file: undefined, privacy }));
    expect(page).toMatch(/- `\*\*\/\.env`\n- but not `x`\n- and by the workspace `drafts\/\*\*`/u);
    expect(page).toContain('Open a file');
  });
});
