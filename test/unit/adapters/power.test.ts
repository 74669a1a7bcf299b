import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readPower } from '../../../src/adapters/power';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function supplies(all: Record<string, Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-power-'));
  folders.push(folder);
  for (const [name, files] of Object.entries(all)) {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, name, file), `${content}\n`);
  }
  return folder;
}

describe('power', () => {
  it.each([
    ['discharging', { BAT0: { type: 'Battery', capacity: '15', status: 'Discharging' } }, { onBattery: true, charge: 0.15 }],
    ['charging', { AC: { type: 'Mains' }, BAT0: { type: 'Battery', capacity: '80', status: 'Charging' } }, { onBattery: false, charge: 0.8 }],
    ['with two batteries', { BAT0: { type: 'Battery', capacity: '90', status: 'Not charging' }, BAT1: { type: 'Battery', capacity: '10', status: 'Discharging' } }, { onBattery: true, charge: 0.5 }],
    ['on mains, with a mouse', { AC: { type: 'Mains' }, hidpp_battery_0: { type: 'Battery', scope: 'Device', capacity: '5', status: 'Discharging' } }, undefined],
    ['without a battery', { AC: { type: 'Mains' } }, undefined],
    ['with an unreadable battery', { BAT0: { type: 'Battery', capacity: 'x' } }, undefined],
  ])('is read on a machine that is %s', async (_, files, expected) => {
    await expect(readPower(supplies(files as Record<string, Record<string, string>>))).resolves.toEqual(expected);
  });

  it('is unknown where the platform does not tell', async () => {
    await expect(readPower('/no/such/folder')).resolves.toBeUndefined();
  });
});
