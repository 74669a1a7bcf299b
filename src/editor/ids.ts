// Ids of requests and decisions: short enough to read in a log, random enough for one machine.
import { randomBytes } from 'node:crypto';

const DRY = 'dry-';

export function newId(): string {
  return randomBytes(4).toString('hex');
}

/** A dry run's decision is explained but never counts as the last one that was carried out. */
export function newDryId(): string {
  return `${DRY}${newId()}`;
}

export function isDry(id: string): boolean {
  return id.startsWith(DRY);
}
