// Everything that goes to a hosted model or classifier passes one door.
import { describe, expect, it } from 'vitest';
import { createGlobMatcher } from '../../../../src/adapters/globs';
import { createSecretFinder } from '../../../../src/adapters/secrets';
import { guardBackend, guardClassifier, type OutgoingDeps } from '../../../../src/router/privacy/outgoing';
import type { Backend, ChatCall, ChatEvent, Classifier, ClassifierInput, FimCall, SecretFinder } from '../../../../src/router/ports';
import type { Candidate } from '../../../../src/router/types';
import { createWithholder } from '../../../../src/router/privacy/withhold';
import type { SecretsMode } from '../../../../src/settings/settings';
import { candidate, chatCall, collect, fimCall, rejection } from '../../../support/adapters';
import { SECRETS } from '../../../support/secrets';

const { signal } = new AbortController();
const hosted = candidate({ id: 'far', endpoint: 'https://models.example.com/v1', model: 'm', locality: 'hosted' });
const local = candidate({ id: 'near', endpoint: 'http://127.0.0.1:8080/v1', model: 'm', locality: 'local' });
const mixed = candidate({ id: 'both', endpoint: 'http://127.0.0.1:8080/v1', model: 'm', locality: 'local', endpoints: [{ endpoint: 'https://models.example.com/v1', locality: 'hosted', weight: 1 }] });
const realSearch = createSecretFinder();

interface Door {
  readonly backend: Backend;
  /** What got through to the backend. */
  readonly chats: ChatCall[];
  readonly fims: FimCall[];
  readonly deps: OutgoingDeps;
}

function door(secrets: SecretsMode = 'redact', findSecrets: SecretFinder = realSearch): Door {
  const chats: ChatCall[] = [];
  const fims: FimCall[] = [];
  const inner: Backend = {
    provider: 'openai',
    async *chat(call): AsyncGenerator<ChatEvent> {
      chats.push(call);
      yield { type: 'text', text: 'answer' };
    },
    async *fim(call): AsyncGenerator<string> {
      fims.push(call);
      yield 'filled';
    },
  };
  const deps: OutgoingDeps = {
    policy: () => ({ neverSend: { globs: ['.env', 'clients/**'], except: [], added: [] }, secrets }),
    matches: createGlobMatcher(),
    roots: () => ['/w/shop'],
    findSecrets,
    withholder: createWithholder(),
  };
  return { backend: guardBackend(inner, deps), chats, fims, deps };
}

const everywhere = (to: Candidate): ChatCall =>
  chatCall(to, {
    messages: [
      { role: 'system', parts: [{ type: 'text', text: `system ${SECRETS.slack}` }] },
      { role: 'user', parts: [{ type: 'text', text: `history ${SECRETS.github}` }] },
      { role: 'assistant', parts: [{ type: 'thinking', text: `thought ${SECRETS.npm}`, signature: 'sealed' }, { type: 'tool_call', id: '1', name: 'run', input: { deep: [{ er: `call ${SECRETS.stripe}` }] } }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: '1', text: `result ${SECRETS.anthropic}` }] },
      { role: 'user', parts: [{ type: 'text', text: `question postgres://${SECRETS.login}@db/app` }] },
    ],
    tools: [{ name: 'run', description: `tool ${SECRETS.privateKey}`, inputSchema: { default: SECRETS.github } }],
    options: { user: SECRETS.npm },
  });

describe('a chat with a hosted model', () => {
  it('takes no secret along, from whatever part of the request, and keeps the rest', async () => {
    const { backend, chats } = door();
    const events = await collect(backend.chat(everywhere(hosted), signal));
    const sent = JSON.stringify(chats[0]);
    for (const secret of Object.values(SECRETS)) expect(sent).not.toContain(JSON.stringify(secret).slice(1, -1));
    for (const word of ['system', 'history', 'call', 'result', 'question', 'tool ']) expect(sent).toContain(word);
    expect(sent).toContain('postgres://[password in a database address withheld, leave as is]@db/app');
    expect(events[0]).toMatchObject({ type: 'outgoing', files: [], secrets: expect.arrayContaining([{ kind: 'GitHub token', count: 2 }]) as unknown });
    expect(JSON.stringify(events[0])).not.toContain(SECRETS.github);
  });

  it('leaves a thought out that holds a secret, since its seal would break', async () => {
    const { backend, chats } = door();
    await collect(backend.chat(everywhere(hosted), signal));
    expect(chats[0]?.messages.flatMap(({ parts }) => parts).filter(({ type }) => type === 'thinking')).toEqual([]);
  });

  it('replaces a value again where it stands alone', async () => {
    const { backend, chats } = door();
    await collect(backend.chat(chatCall(hosted, `AWS_SECRET_ACCESS_KEY="${SECRETS.aws}"\nand again: ${SECRETS.aws}.`), signal));
    expect(JSON.stringify(chats[0])).not.toContain(SECRETS.aws);
  });

  it('without a secret or a private file is not touched and says nothing', async () => {
    const { backend, chats } = door();
    const call = chatCall(hosted, 'Why does this fail?');
    expect((await collect(backend.chat(call, signal))).map(({ type }) => type)).toEqual(['text']);
    expect(chats[0]).toEqual(call);
  });

  it('is refused where the user blocks secrets, before anything is sent', async () => {
    const { backend, chats } = door('block');
    const error = await rejection(collect(backend.chat(everywhere(hosted), signal)));
    expect(error).toMatchObject({ code: 'private', message: expect.stringContaining('GitHub token') as string });
    expect(String(error)).not.toContain(SECRETS.github);
    expect(chats).toEqual([]);
  });

  it('is refused when the search is broken', async () => {
    const { backend, chats } = door('redact', () => Promise.reject(new Error('out of order')));
    expect(await rejection(collect(backend.chat(chatCall(hosted), signal)))).toMatchObject({ code: 'private', message: expect.stringContaining('could not be searched') as string });
    expect(chats).toEqual([]);
  });

  it.each([
    ['off', 'off', undefined],
    ['the user lets it go', 'ask', 'send'],
  ] as const)('goes as it is: %s', async (_, mode, secrets) => {
    const { backend, chats } = door(mode);
    await collect(backend.chat({ ...everywhere(hosted), ...(secrets ? { secrets } : {}) }, signal));
    expect(JSON.stringify(chats[0])).toContain(SECRETS.github);
  });

  it('does not get a file that is never sent, even where secrets may go', async () => {
    const { backend, chats } = door('off');
    const call = chatCall(hosted, { messages: [{ role: 'user', parts: [{ type: 'text', text: 'the text of it', files: ['clients/acme/a.ts'] }, { type: 'text', text: 'explain' }] }], secrets: 'send' });
    const events = await collect(backend.chat(call, signal));
    expect(JSON.stringify(chats[0])).not.toContain('the text of it');
    expect(events[0]).toEqual({ type: 'outgoing', files: ['clients/acme/a.ts'], secrets: [] });
  });

  it('is refused where such a file cannot be told apart', async () => {
    const { backend, chats } = door();
    const call = chatCall(hosted, { messages: [{ role: 'user', parts: [{ type: 'text', text: '/w/shop/clients/a.ts:\n```\ntext\n```' }] }] });
    expect(await rejection(collect(backend.chat(call, signal)))).toMatchObject({ code: 'private' });
    expect(chats).toEqual([]);
  });

  it('that is only partly on this machine counts as hosted', async () => {
    const { backend, chats } = door('block');
    expect(await rejection(collect(backend.chat(everywhere(mixed), signal)))).toMatchObject({ code: 'private' });
    expect(chats).toEqual([]);
  });
});

describe('a chat with a model on this machine', () => {
  it('gets all of it, however strict the settings and however broken the search', async () => {
    const { backend, chats } = door('block', () => Promise.reject(new Error('out of order')));
    await collect(backend.chat(everywhere(local), signal));
    expect(chats).toEqual([everywhere(local)]);
  });
});

describe('ghost text', () => {
  it.each([
    ['with a secret before the cursor', fimCall(hosted, { prefix: `key = "${SECRETS.github}"\nx = `, path: 'src/a.ts' })],
    ['with a secret after the cursor', fimCall(hosted, { suffix: `\nkey = "${SECRETS.github}"`, path: 'src/a.ts' })],
    ['with a secret in another file', fimCall(hosted, { path: 'src/a.ts', extra: [{ path: 'src/b.ts', text: SECRETS.npm }] })],
    ['in a file that is never sent', fimCall(hosted, { path: 'clients/acme/a.ts' })],
    ['of which nobody says where it comes from', fimCall(hosted)],
  ])('%s is not asked of a hosted model, but of one on this machine', async (_, call) => {
    const { backend, fims } = door();
    expect(await rejection(collect(backend.fim!(call, signal)))).toMatchObject({ code: 'private' });
    expect(fims).toEqual([]);
    expect(await collect(backend.fim!({ ...call, candidate: local }, signal))).toEqual(['filled']);
  });

  it('in any other file may be asked of a hosted model, without the text of private ones', async () => {
    const { backend, fims } = door('ask');
    const extra = [{ path: '.env', text: 'KEY=1' }, { path: 'src/b.ts', text: 'b' }];
    expect(await collect(backend.fim!(fimCall(hosted, { path: 'src/a.ts', extra }), signal))).toEqual(['filled']);
    expect(fims[0]?.extra).toEqual([{ path: 'src/b.ts', text: 'b' }]);
  });
});

describe('a classifier', () => {
  const asked = (locality: 'local' | 'hosted', deps: OutgoingDeps): { classifier: Classifier; inputs: ClassifierInput[] } => {
    const inputs: ClassifierInput[] = [];
    const inner: Classifier = {
      id: 'remote',
      deadlineMs: 100,
      locality,
      classify: async (input) => {
        inputs.push(input);
        return { classifier: 'remote', distribution: [], ms: 0 };
      },
    };
    return { classifier: guardClassifier(inner, deps), inputs };
  };
  const input: ClassifierInput = { text: `fix ${SECRETS.github}`, previousUser: `before ${SECRETS.npm}`, previousAssistant: '/w/shop/.env:\n```\nKEEP\n```', routes: [] };

  it('on a server gets neither secrets nor private files', async () => {
    const { classifier, inputs } = asked('hosted', door('ask').deps);
    await classifier.classify(input, signal);
    expect(JSON.stringify(inputs)).not.toMatch(/ghp_|npm_|KEEP/u);
    expect(inputs[0]?.text).toBe('fix [GitHub token withheld, leave as is]');
  });

  it('on a server is not asked where secrets block or cannot be looked for', async () => {
    for (const deps of [door('block').deps, door('redact', () => Promise.reject(new Error('broken'))).deps]) {
      const { classifier, inputs } = asked('hosted', deps);
      expect(await rejection(classifier.classify(input, signal))).toMatchObject({ code: 'private' });
      expect(inputs).toEqual([]);
    }
  });

  it('on this machine gets all of it', async () => {
    const { classifier, inputs } = asked('local', door('block').deps);
    await classifier.classify(input, signal);
    expect(inputs).toEqual([input]);
  });
});
