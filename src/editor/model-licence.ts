// Restricted licences: shown and accepted before a byte is downloaded, remembered per licence.
import * as vscode from 'vscode';
import type { LocalModel } from './local-models-port';

const ACCEPTED = 'fairlead.acceptedLicences';
const ACCEPT = 'Accept and Download';
const READ = 'Read the Licence';

/** True when the licence is a free one, was accepted before, or is accepted now. */
export async function licenceAccepted({ title, licence }: LocalModel, memory: vscode.Memento): Promise<boolean> {
  const accepted = memory.get<readonly string[]>(ACCEPTED, []);
  if (!licence.restricted || accepted.includes(licence.id)) return true;
  const detail = `${title} comes under it.\n\n${licence.summary}\n\n${licence.url}\n\nThe licence itself counts, not this summary.`;
  for (;;) {
    const choice = await vscode.window.showWarningMessage(licence.name, { modal: true, detail }, ACCEPT, READ);
    if (choice === READ) await vscode.env.openExternal(vscode.Uri.parse(licence.url));
    else if (choice !== ACCEPT) return false;
    else {
      await memory.update(ACCEPTED, [...accepted, licence.id]);
      return true;
    }
  }
}
