// The output channel "Fairlead" as the Log of every room.
import * as vscode from 'vscode';
import type { Log } from '../shared/log';
import type { Ending } from './ending';

export interface Output extends Ending {
  readonly log: Log;
  show(): void;
}

export function createOutput(): Output {
  const channel = vscode.window.createOutputChannel('Fairlead', { log: true });
  return {
    log: channel,
    show: () => {
      channel.show(true);
    },
    dispose: () => {
      channel.dispose();
    },
  };
}
