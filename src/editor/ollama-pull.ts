// "Pull an Ollama Model": asks for a name, has the server fetch it with progress that can be stopped, and makes it
// choosable at once.
import * as vscode from 'vscode';
import { isAbort } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { commands } from './commands-table';
import type { SettingsStore } from './settings-store';
import { portionText } from './transfer-text';

export interface OllamaPullDeps {
  readonly settings: SettingsStore;
  readonly pool: { refresh(): Promise<unknown> };
  /** Rejects with RouterError, or with an AbortError when stopped; what came is kept by the server. */
  readonly pull: (request: { readonly baseUrl: string; readonly model: string }, hooks: PullHooks) => Promise<void>;
  readonly log: Log;
}

interface PullHooks {
  readonly onProgress: (progress: { readonly status: string; readonly bytes: number; readonly totalBytes: number }) => void;
  readonly signal: AbortSignal;
}

const USUAL = 'http://127.0.0.1:11434';

export function registerOllamaPull(deps: OllamaPullDeps): vscode.Disposable {
  return vscode.commands.registerCommand(commands.pullModel.id, (named?: unknown) => pullModel(deps, typeof named === 'string' ? named : undefined));
}

async function pullModel(deps: OllamaPullDeps, named: string | undefined): Promise<void> {
  const baseUrl = await pickServer(deps.settings);
  if (baseUrl === undefined) return;
  const model = named ?? (await askForModel());
  if (model === undefined) return;
  try {
    await pullShown(deps, { baseUrl, model });
  } catch (error) {
    if (isAbort(error)) return;
    deps.log.error(`Pulling ${model}: ${messageOf(error)}`);
    const again = await vscode.window.showErrorMessage(`Fairlead could not get ${model}: ${messageOf(error)}`, 'Try Again');
    if (again) await pullModel(deps, model);
    return;
  }
  await deps.pool.refresh();
  void vscode.window.showInformationMessage(`Fairlead: ${model} is there and can be chosen now.`);
}

/** Asks only where the settings name several. */
async function pickServer(settings: SettingsStore): Promise<string | undefined> {
  const named = Object.values(settings.for().models).flatMap((model) => (model.provider === 'ollama' ? [model.baseUrl ?? USUAL] : []));
  const servers = [...new Set(named)];
  if (servers.length < 2) return servers[0] ?? USUAL;
  return vscode.window.showQuickPick(servers, { title: 'Pull an Ollama Model', placeHolder: 'Which server is to have it?' });
}

async function askForModel(): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: 'Pull an Ollama Model',
    prompt: 'Name of the model, as on ollama.com/library',
    placeHolder: 'qwen2.5-coder:7b',
    ignoreFocusOut: true,
    validateInput: (value) => (/^\S+$/u.test(value.trim()) ? undefined : 'A name without spaces, such as qwen2.5-coder:7b'),
  });
  return typed?.trim();
}

function pullShown(deps: OllamaPullDeps, request: { readonly baseUrl: string; readonly model: string }): Thenable<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Pulling ${request.model}`, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) =>
    withSignal(token, (signal) => {
      let percent = 0;
      const onProgress: PullHooks['onProgress'] = ({ status, bytes, totalBytes }) => {
        const reached = totalBytes === 0 ? 0 : (bytes / totalBytes) * 100;
        const whole = bytes === totalBytes;
        progress.report({ message: whole ? status : portionText(bytes, totalBytes), increment: Math.max(0, reached - percent) });
        percent = Math.max(percent, reached);
      };
      return deps.pull(request, { onProgress, signal });
    }),
  );
}
