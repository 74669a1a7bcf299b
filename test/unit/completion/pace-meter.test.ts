import { describe, expect, it } from 'vitest';
import { createPaceMeter } from '../../../src/completion/pace-meter';

function measured() {
  let now = 0;
  const meter = createPaceMeter(() => now);
  const pass = (ms: number): void => {
    now += ms;
  };
  /** A model that writes its first word after so long, or is given up then. */
  const asked = async (ms: number, first: string, givenUp = false, model = 'm'): Promise<void> => {
    const controller = new AbortController();
    const pieces = async function* () {
      yield '\n';
      pass(ms);
      if (givenUp) controller.abort();
      controller.signal.throwIfAborted();
      yield first;
      pass(5000);
      yield ' more';
    };
    const read = async (): Promise<string> => {
      let text = '';
      for await (const piece of meter.watch(model, pieces(), controller.signal)) text += piece;
      return text;
    };
    await read().catch(() => undefined);
  };
  return { meter, pass, asked };
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 1) await work();
}

describe('how quick a model has been', () => {
  it('is the middle of the times to the first useful text, once eight were seen', async () => {
    const { meter, asked } = measured();
    for (const ms of [100, 200, 300, 400, 500, 600, 700]) await asked(ms, 'a');
    expect(meter.firstTextMs()).toEqual({});
    await asked(100, 'a');
    expect(meter.firstTextMs()).toEqual({ m: 300 });
  });

  it('counts what was given up before it came', async () => {
    const { meter, asked } = measured();
    await times(4, () => asked(300, 'a'));
    await times(12, () => asked(900, '', true));
    expect(meter.firstTextMs()).toEqual({ m: 900 });
  });

  it('is at least so long as eight were waited for when nothing ever comes in time', async () => {
    const { meter, asked } = measured();
    for (const ms of [100, 700, 800, 900, 1000, 1100, 1200, 1300, 1400]) await asked(ms, '', true);
    expect(meter.firstTextMs()).toEqual({ m: 700 });
  });

  it('is not told by what was given up early', async () => {
    const { meter, asked } = measured();
    await times(20, () => asked(50, '', true));
    await times(7, () => asked(300, 'a'));
    expect(meter.firstTextMs()).toEqual({});
    await asked(300, 'a');
    expect(meter.firstTextMs()).toEqual({ m: 300 });
  });

  it('says nothing of an answer without text, nor of a failure', async () => {
    const { meter, asked } = measured();
    await times(10, () => asked(300, ' \n'));
    const broken = async function* () {
      yield '';
      throw new Error('down');
    };
    const read = async (): Promise<void> => {
      for await (const piece of meter.watch('m', broken(), new AbortController().signal)) expect(piece).toBe('');
    };
    await times(10, () => read().catch(() => undefined));
    // The second piece of each answer holds words.
    expect(meter.firstTextMs()).toEqual({ m: 5300 });
  });

  it('is forgotten after half an hour, so that a slow model is tried again', async () => {
    const { meter, pass, asked } = measured();
    await times(10, () => asked(300, 'a'));
    pass(31 * 60_000);
    expect(meter.firstTextMs()).toEqual({});
  });
});

describe('how long this user pauses', () => {
  it('is told by three of four pauses, once twenty were seen, and not by keys in a row', () => {
    const { meter, pass } = measured();
    const key = (ms: number): void => {
      pass(ms);
      meter.key();
    };
    for (let count = 0; count < 5; count += 1) for (const ms of [90, 500, 90, 700, 90, 900]) key(ms);
    expect(meter.pauseMs()).toBeUndefined();
    for (let count = 0; count < 5; count += 1) key(1700);
    expect(meter.pauseMs()).toBe(1500);
    for (let count = 0; count < 100; count += 1) key(400);
    expect(meter.pauseMs()).toBe(200);
  });
});
