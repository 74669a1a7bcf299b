// Starts features one by one: one that fails to start is logged and never stops the others.
import type { Ending } from './ending';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';

export interface StarterDeps {
  readonly subscriptions: Ending[];
  readonly log: Log;
}

export type Start = (feature: string, register: () => Ending) => void;

export function createStarter({ subscriptions, log }: StarterDeps): Start {
  return (feature, register) => {
    try {
      subscriptions.push(register());
    } catch (error) {
      log.error(`${feature} could not be started: ${messageOf(error)}`);
    }
  };
}
