import { describe, expect, it, vi } from 'vitest';
import { createTurnstile } from '../../../src/completion/debounce';
import { isAbort } from '../../../src/shared/abort';

const never = new AbortController().signal;

describe('createTurnstile', () => {
  it('runs work after the wait', async () => {
    await expect(createTurnstile().run(1, never, () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('does not start a request that was superseded while it waited', async () => {
    const turnstile = createTurnstile();
    const work = vi.fn(() => Promise.resolve('old'));
    const old = turnstile.run(50, never, work).catch(isAbort);
    const young = turnstile.run(0, never, () => Promise.resolve('new'));
    await expect(young).resolves.toBe('new');
    await expect(old).resolves.toBe(true);
    expect(work).not.toHaveBeenCalled();
  });

  it('ends a running request when a newer one comes', async () => {
    const turnstile = createTurnstile();
    let seen: AbortSignal | undefined;
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const old = turnstile
      .run(0, never, (signal) => {
        seen = signal;
        start();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new DOMException('x', 'AbortError'));
          });
        });
      })
      .catch(isAbort);
    await started;
    await turnstile.run(0, never, () => Promise.resolve());
    expect(seen?.aborted).toBe(true);
    await expect(old).resolves.toBe(true);
  });

  it('ends when the caller cancels', async () => {
    const controller = new AbortController();
    const waiting = createTurnstile().run(1000, controller.signal, () => Promise.resolve('x')).catch(isAbort);
    controller.abort();
    await expect(waiting).resolves.toBe(true);
  });
});
