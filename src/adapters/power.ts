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
  for (const name of names) {
    const read = (file: string): Promise<string> =>
      readFile(join(folder, name, file), 'utf8').then((text) => text.trim(), () => '');
    if ((await read('type')) !== 'Battery') continue;
    const charge = Number.parseInt(await read('capacity'), 10);
    if (Number.isNaN(charge)) continue;
    return { onBattery: (await read('status')) === 'Discharging', charge: charge / 100 };
  }
  return undefined;
}
