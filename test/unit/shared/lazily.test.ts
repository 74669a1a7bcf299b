import { describe, expect, it } from 'vitest';
import { lazily, once } from '../../../src/shared/lazily';

describe('what is made lazily', () => {
  it('is made at the first call and kept', async () => {
    let made = 0;
    const get = lazily(() => Promise.resolve((made += 1)));
    expect(made).toBe(0);
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    expect(await get()).toBe(1);
  });

  it('is made again after a failure', async () => {
    let calls = 0;
    const get = lazily(() => ((calls += 1) === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve('there')));
    await expect(get()).rejects.toThrow('not yet');
    expect(await get()).toBe('there');
  });
});

describe('what is made once', () => {
  it('is made at the first call and kept, even when it is undefined', () => {
    let made = 0;
    const get = once((): string | undefined => {
      made += 1;
      return undefined;
    });
    expect(made).toBe(0);
    expect([get(), get()]).toEqual([undefined, undefined]);
    expect(made).toBe(1);
  });
});
