// Whether ghost text is wanted in a document now: switched off for its language or its path, paused, a file that cannot
// be written, a battery that is low.
import * as vscode from 'vscode';
import { clockTime } from '../router/running/health';
import { neverSent } from '../router/privacy/never-sent';
import type { GlobMatcher } from '../router/choosing/rules';
import type { Battery } from './completion-battery';
import type { Ending } from './ending';
import { relative } from './references';
import type { SettingsStore } from './settings-store';

export interface SwitchDeps {
  readonly settings: SettingsStore;
  readonly matches: GlobMatcher;
  readonly battery: Battery;
}

export interface CompletionSwitch extends Ending {
  /** In words for the user; undefined when it is on. By hand it is on in more places. */
  readonly whyOff: (document: vscode.TextDocument, byHand?: boolean) => string | undefined;
  /** Off for five minutes; on again when it was off. True when it is paused now. */
  readonly pause: () => boolean;
  readonly onDidChange: vscode.Event<void>;
}

const PAUSE_MS = 5 * 60_000;

export function createCompletionSwitch({ settings, matches, battery }: SwitchDeps): CompletionSwitch {
  const changed = new vscode.EventEmitter<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let endsAt = 0;

  const isOut = ({ uri }: vscode.TextDocument): boolean => {
    const { notIn } = settings.for(uri).inline;
    return neverSent(relative(uri), { neverSend: { globs: notIn, except: [], added: [] }, matches }) !== undefined;
  };

  return {
    whyOff: (document, byHand = false) => {
      if (!settings.inlineEnabled(document)) return `off for ${document.languageId}`;
      if (isOut(document)) return 'off for this file by fairlead.inline.notIn';
      if (vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) === false) return 'off: this file cannot be changed';
      if (byHand) return undefined;
      if (timer) return `paused until ${clockTime(endsAt, Date.now())}`;
      return settings.for(document.uri).inline.onLowBattery === 'pause' && battery.isLow() ? 'paused: the battery is low' : undefined;
    },
    pause: () => {
      const on = timer === undefined;
      clearTimeout(timer);
      endsAt = Date.now() + PAUSE_MS;
      timer = on
        ? setTimeout(() => {
            timer = undefined;
            changed.fire();
          }, PAUSE_MS)
        : undefined;
      changed.fire();
      return on;
    },
    onDidChange: changed.event,
    dispose: () => {
      clearTimeout(timer);
      changed.dispose();
    },
  };
}
