// Another extension's ghost text is on too: VS Code asks both and shows one of them, now this and now that. Said once.
import * as vscode from 'vscode';
import type { Ending } from './ending';

export interface RivalDeps {
  readonly memory: vscode.Memento;
}

interface Rival {
  readonly extension: string;
  readonly name: string;
  /** Setting that switches its completions off, and the value that does. */
  readonly setting?: { readonly key: string; readonly off: unknown; readonly isOn: (value: unknown) => boolean };
}

export interface RivalHint extends Ending {
  /** To be called when a suggestion of ours is shown. Looks once, and again when extensions come or go. */
  readonly look: () => void;
}

const isNotFalse = (value: unknown): boolean => value !== false;
const RIVALS: readonly Rival[] = [
  {
    extension: 'GitHub.copilot',
    name: 'GitHub Copilot',
    setting: { key: 'github.copilot.enable', off: { '*': false }, isOn: (value) => (value as Record<string, unknown> | undefined)?.['*'] !== false },
  },
  { extension: 'Continue.continue', name: 'Continue', setting: { key: 'continue.enableTabAutocomplete', off: false, isOn: isNotFalse } },
  { extension: 'TabbyML.vscode-tabby', name: 'Tabby', setting: { key: 'tabby.inlineCompletion.triggerMode', off: 'manual', isOn: (value) => value !== 'manual' } },
  { extension: 'sourcegraph.cody-ai', name: 'Cody', setting: { key: 'cody.autocomplete.enabled', off: false, isOn: isNotFalse } },
  { extension: 'Codeium.codeium', name: 'Windsurf' },
  { extension: 'ggml-org.llama-vscode', name: 'llama.vscode' },
  { extension: 'rjmacarthy.twinny', name: 'twinny' },
];
const SAID_KEY = 'fairlead.inline.rivalSaid';

export function createRivalHint({ memory }: RivalDeps): RivalHint {
  let looked = false;
  const listening = vscode.extensions.onDidChange(() => {
    looked = false;
  });
  const look = (): void => {
    if (looked) return;
    looked = true;
    const rival = RIVALS.find(({ extension, setting }) => vscode.extensions.getExtension(extension) && (!setting || setting.isOn(valueOf(setting.key))));
    if (rival && memory.get(SAID_KEY) !== rival.extension) void tell(rival, memory);
  };
  return {
    look,
    dispose: () => {
      listening.dispose();
    },
  };
}

function valueOf(key: string): unknown {
  return vscode.workspace.getConfiguration().get(key);
}

async function tell({ extension, name, setting }: Rival, memory: vscode.Memento): Promise<void> {
  await memory.update(SAID_KEY, extension);
  const offTheirs = setting ? `Turn Off ${name}’s` : `Open ${name}’s Settings`;
  const offOurs = 'Turn Off Fairlead’s';
  const text = `${name} shows inline completions too. VS Code asks both and shows one, so suggestions may change while you type. One of them is enough.`;
  const choice = await vscode.window.showInformationMessage(text, offTheirs, offOurs, 'Keep Both');
  const configuration = vscode.workspace.getConfiguration();
  if (choice === offOurs) await configuration.update('fairlead.inline.enabled', false, vscode.ConfigurationTarget.Global);
  if (choice !== offTheirs) return;
  if (setting) await configuration.update(setting.key, setting.off, vscode.ConfigurationTarget.Global);
  else await vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${extension}`);
}
