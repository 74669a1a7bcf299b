import { describe, expect, it } from 'vitest';
import { createBattery, type Power } from '../../../src/editor/completion-battery';

function watched(answers: (Power | undefined | Error)[]) {
  let now = 0;
  let asked = 0;
  const battery = createBattery(async () => {
    const answer = answers[asked];
    asked += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  }, () => now);
  const later = async (ms: number): Promise<string> => {
    now += ms;
    battery.isUsed();
    await Promise.resolve();
    await Promise.resolve();
    return battery.isLow() ? 'low' : battery.isUsed() ? 'used' : 'not used';
  };
  return { battery, later, asked: () => asked };
}

describe('the battery', () => {
  it('is asked in the background, once a minute', async () => {
    const { battery, later, asked } = watched([{ onBattery: true, charge: 0.8 }, { onBattery: true, charge: 0.1 }, { onBattery: false, charge: 0.1 }]);
    expect(battery.isUsed()).toBe(false);
    expect([await later(0), await later(59_000), asked()]).toEqual(['used', 'used', 1]);
    expect([await later(1000), asked()]).toEqual(['low', 2]);
    expect(await later(60_000)).toBe('not used');
  });

  it('holds nothing back where it cannot be read', async () => {
    const { later } = watched([undefined, { onBattery: true, charge: 0.1 }, new Error('gone')]);
    expect([await later(0), await later(60_000), await later(60_000)]).toEqual(['not used', 'low', 'not used']);
  });
});
