// Is this machine on battery, and how much is left? Told where the platform tells without a helper program:
// Linux, by /sys. Elsewhere nothing is known, and nothing is held back.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Power {
  readonly onBattery: boolean;
  /** 0..1 */
  readonly charge: number;
}

const FOLDER = '/sys/class/power_supply';

export async function readPower(folder = FOLDER): Promise<Power | undefined> {
  const names = await readdir(folder).catch(() => []);
  const all = await Promise.all(names.map((name) => readBattery(join(folder, name))));
  const batteries = all.filter((battery) => battery !== undefined);
  if (batteries.length === 0) return undefined;
  const charge = batteries.reduce((sum, battery) => sum + battery.charge, 0) / batteries.length;
  return { onBattery: batteries.some(({ onBattery }) => onBattery), charge };
}

async function readBattery(folder: string): Promise<Power | undefined> {
  const read = (file: string): Promise<string> =>
    readFile(join(folder, file), 'utf8').then((text) => text.trim(), () => '');
  // Mice and headsets have batteries too.
  if ((await read('type')) !== 'Battery' || (await read('scope')) === 'Device') return undefined;
  const charge = Number.parseInt(await read('capacity'), 10);
  return Number.isNaN(charge) ? undefined : { onBattery: (await read('status')) === 'Discharging', charge: charge / 100 };
}
