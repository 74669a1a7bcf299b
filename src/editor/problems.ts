// Tells the user about settings that could not be used, each problem once in a session.
import * as vscode from 'vscode';
import type { Problem } from '../settings/settings';
import type { Log } from '../shared/log';

const OPEN = 'Open Settings';

export interface ProblemTeller {
  tell(problems: readonly Problem[]): void;
  /** Forgets problems that are gone: a value that is broken again is told again. */
  keepOnly(problems: readonly Problem[]): void;
}

export function createProblemTeller({ log }: { readonly log: Log }): ProblemTeller {
  const told = new Set<string>();
  return {
    tell: (problems) => {
      for (const problem of problems) {
        const text = problemText(problem);
        if (told.has(text)) continue;
        told.add(text);
        log.warn(text);
        void vscode.window
          .showWarningMessage(`Fairlead: ${text}`, OPEN)
          .then((choice) => (choice === OPEN ? openSetting(problem) : undefined));
      }
    },
    keepOnly: (problems) => {
      const current = new Set(problems.map(problemText));
      for (const text of told) if (!current.has(text)) told.delete(text);
    },
  };
}

function problemText(problem: Problem): string {
  const where = problem.origin === 'workspace' ? ' in the workspace settings' : '';
  return `${problem.setting}${problem.path}${where}: ${problem.message}.`;
}

async function openSetting({ origin, setting }: Problem): Promise<void> {
  const file = origin === 'workspace' ? 'openWorkspaceSettingsFile' : 'openSettingsJson';
  await vscode.commands.executeCommand(`workbench.action.${file}`, { revealSetting: { key: setting, edit: false } });
}
