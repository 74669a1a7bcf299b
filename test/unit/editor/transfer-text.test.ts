import { describe, expect, it } from 'vitest';
import { createTransferMeter, durationText, portionText, sizeText } from '../../../src/editor/transfer-text';

describe('sizes', () => {
  it.each([
    [0, '1 kB'],
    [36_806_944, '37 MB'],
    [986_000_000, '986 MB'],
    [1_117_320_736, '1.12 GB'],
    [15_701_597_984, '15.7 GB'],
  ])('%i reads %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it.each([
    [412e6, 986e6, '412 of 986 MB'],
    [412e6, 1.13e9, '412 MB of 1.13 GB'],
    [1.02e9, 1.13e9, '1.02 of 1.13 GB'],
    [412e6, undefined, '412 MB'],
  ])('%i of %s reads %s', (bytes, total, text) => {
    expect(portionText(bytes, total)).toBe(text);
  });
});

describe('durations', () => {
  it.each([
    [0.2, '1 s'],
    [46.5, '47 s'],
    [61, '2 min'],
    [3600, '1 h 0 min'],
    [4321, '1 h 13 min'],
  ])('%d seconds read %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('the line of a download', () => {
  function meterAt(samples: readonly (readonly [number, number])[], total: number | undefined): string {
    let now = 0;
    let text = '';
    const meter = createTransferMeter(() => now);
    for (const [at, bytes] of samples) {
      now = at;
      text = meter.text(bytes, total);
    }
    return text;
  }

  it('says nothing of speed in its first second', () => {
    expect(meterAt([[0, 0], [500, 10e6]], 1e9)).toBe('10 MB of 1.00 GB');
  });

  it('says how fast it is and how long it still takes', () => {
    expect(meterAt([[0, 0], [2000, 20e6]], 1e9)).toBe('20 MB of 1.00 GB · 10.0 MB/s · 2 min left');
  });

  it('counts the speed of this session only when it went on from a part', () => {
    expect(meterAt([[0, 900e6], [2000, 920e6]], 1e9)).toBe('920 MB of 1.00 GB · 10.0 MB/s · 8 s left');
  });

  it('goes by the last five seconds', () => {
    expect(meterAt([[0, 0], [1000, 500e6], [9000, 508e6], [10_000, 509e6]], 1e9)).toBe('509 MB of 1.00 GB · 1.0 MB/s · 9 min left');
  });

  it.each([
    ['no length is known', [[0, 0], [2000, 20e6]] as const, undefined, '20 MB · 10.0 MB/s'],
    ['it stands still', [[0, 5e6], [2000, 5e6]] as const, 1e7, '5 of 10 MB · 0 kB/s'],
    ['it creeps', [[0, 0], [2000, 100e3]] as const, 1e6, '100 kB of 1 MB · 50 kB/s · 18 s left'],
  ])('when %s', (_when, samples, total, text) => {
    expect(meterAt(samples, total)).toBe(text);
  });

  it('forgets the speed after a pause', () => {
    let now = 0;
    const meter = createTransferMeter(() => now);
    meter.text(0, 1e9);
    now = 2000;
    meter.reset();
    expect(meter.text(20e6, 1e9)).toBe('20 MB of 1.00 GB');
  });
});
