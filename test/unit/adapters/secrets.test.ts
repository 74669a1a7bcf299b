// Which secrets are found, where, and that a broken search is an error and not a clean bill.
import { describe, expect, it } from 'vitest';
import { createSecretFinder } from '../../../src/adapters/secrets';
import { SECRET_LINES, SECRETS } from '../../support/secrets';
import { rejection } from '../../support/adapters';

const { signal } = new AbortController();
const find = createSecretFinder();
const findIn = async (text: string): Promise<{ kind: string; secret: string }[]> => {
  const [found = []] = await find([text], signal);
  return found.map(({ kind, start, end }) => ({ kind, secret: text.slice(start, end) }));
};

describe('a search for secrets', () => {
  it.each(SECRET_LINES)('finds a $kind, and only it, between other text', async ({ kind, secret, line }) => {
    expect(await findIn(`// settings\n${line}\n// end`)).toEqual([{ kind, secret }]);
  });

  it.each([
    ['code', 'const token = readToken(process.env.GITHUB_TOKEN);'],
    ['prose', 'The password is stored as a salted hash; the private key never leaves the HSM.'],
    ['an address without a login', 'postgres://db.internal:5432/app and https://example.com/a?b=c'],
    ['a hash and an id', 'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 f47ac10b-58cc-4372-a567-0e02b2c3d479'],
  ])('finds nothing in %s', async (_, text) => {
    expect(await findIn(text)).toEqual([]);
  });

  it('cannot be switched off by a comment in the text', async () => {
    expect(await findIn(`// secretlint-disable\n${SECRETS.github}\n/* secretlint-disable-line */ ${SECRETS.npm}`)).toHaveLength(2);
  });

  it('finds what lies anywhere in a long text, across the pieces it is read in', async () => {
    const filler = 'const x = compute(1, 2);\n';
    const at = (chars: number): string => filler.repeat(Math.floor(chars / filler.length));
    const text = `${at(255_990)}${SECRETS.privateKey}\n${at(300_000)}${SECRETS.github}`;
    expect(await findIn(text)).toEqual([
      { kind: 'private key', secret: SECRETS.privateKey },
      { kind: 'GitHub token', secret: SECRETS.github },
    ]);
  });

  it('answers for each text, the same one again too', async () => {
    const found = await find(['nothing', SECRETS.github, 'nothing', SECRETS.github], signal);
    expect(found.map(({ length }) => length)).toEqual([0, 1, 0, 1]);
  });

  it('lets other work go on during a long one', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await find([`${SECRETS.slack} `.repeat(40_000)], signal);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('that cannot load its rules is an error each time, and works once it can', async () => {
    let broken = true;
    const flaky = createSecretFinder({
      load: async () => {
        if (broken) throw new Error('no such file');
        return import('../../../src/adapters/secret-rules');
      },
    });
    expect(await rejection(flaky(['text'], signal))).toMatchObject({ code: 'private' });
    broken = false;
    expect(await flaky([SECRETS.github], signal)).toHaveLength(1);
  });

  it('ends when it is cancelled', async () => {
    expect(await rejection(find(['anything new'], AbortSignal.abort()))).toMatchObject({ name: 'AbortError' });
  });
});
