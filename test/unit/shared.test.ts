import { describe, expect, it } from 'vitest';
import { isAbort, sleep, withDeadline } from '../../src/shared/abort';

const never = new Promise<never>(() => undefined);

describe('deadlines', () => {
  it('passes an answer through', async () => {
    await expect(withDeadline(1000, new AbortController().signal, () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('gives up on work that ignores its signal', async () => {
    await expect(withDeadline(10, new AbortController().signal, () => never)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('aborts the work it gave up on', async () => {
    let aborted = false;
    const work = (signal: AbortSignal): Promise<never> => {
      signal.addEventListener('abort', () => (aborted = true));
      return never;
    };
    await withDeadline(10, new AbortController().signal, work).catch(() => undefined);
    expect(aborted).toBe(true);
  });

  it.each(['before', 'during'])('stops at once when cancelled %s the work', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const running = withDeadline(60_000, controller.signal, () => never);
    controller.abort();
    await expect(running).rejects.toSatisfy(isAbort);
  });

  it('sleeps, and wakes when cancelled', async () => {
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toSatisfy(isAbort);
  });
});
