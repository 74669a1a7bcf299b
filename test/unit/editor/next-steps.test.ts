import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/editor/commands-table';
import { nextSteps } from '../../../src/editor/next-steps';
import { RouterError, type RouterErrorCode } from '../../../src/shared/errors';

const codes: readonly RouterErrorCode[] = ['no_key', 'unauthorized', 'not_found', 'rate_limited', 'quota', 'server', 'unreachable', 'timeout', 'malformed', 'cut', 'no_consent', 'unsupported', 'runtime', 'refused'];

describe('nextSteps', () => {
  it.each(codes)('offers a command for %s', (code) => {
    const { message, commands: offered } = nextSteps(new RouterError(code, 'It failed'));
    expect(message).toMatch(/^It failed\.( .+\.)?$/u);
    expect(offered.length).toBeGreaterThan(0);
    for (const name of offered) expect(commands[name].id).toMatch(/^fairlead\./u);
  });

  it('leads from a missing key to storing one', () => {
    expect(nextSteps(new RouterError('no_key', 'No key.')).commands).toEqual(['storeApiKey']);
  });

  it('reads anything that is thrown', () => {
    expect(nextSteps('odd').message).toContain('odd.');
  });
});
