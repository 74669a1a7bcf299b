// "Connect a Model Server": address, key when one is needed, models, and the names they get in `fairlead.models`.
import * as vscode from 'vscode';
import { RouterError, messageOf } from '../shared/errors';
import { askForAddress, type Keys } from './keys';
import type { SettingsStore } from './settings-store';

export interface ConnectDeps {
  readonly keys: Keys;
  readonly settings: SettingsStore;
  /** Names of the models that an OpenAI-compatible server lists; rejects with RouterError. */
  readonly listModels: (baseUrl: string, signal: AbortSignal) => Promise<readonly string[]>;
}

export async function connectServer(deps: ConnectDeps): Promise<void> {
  const baseUrl = await askForAddress();
  if (baseUrl === undefined) return;
  const listed = await listWithKey(deps, baseUrl);
  if (listed === undefined) return;
  const models = await pickModels(baseUrl, listed);
  if (models === undefined || models.length === 0) return;
  await addModels(deps.settings, baseUrl, models);
  const names = models.length === 1 ? `“${models[0] ?? ''}” is` : `${String(models.length)} models are`;
  void vscode.window.showInformationMessage(`Fairlead: ${names} in your settings and can be chosen now.`);
}

/** Undefined when the user gave up; an empty list when the server does not say what it has. */
async function listWithKey(deps: ConnectDeps, baseUrl: string): Promise<readonly string[] | undefined> {
  try {
    return await list(deps, baseUrl);
  } catch (error) {
    if (!RouterError.is(error, 'unauthorized') && !RouterError.is(error, 'no_key')) return unlisted(error);
  }
  if ((await deps.keys.askAndStore(baseUrl)) === undefined) return undefined;
  try {
    return await list(deps, baseUrl);
  } catch (error) {
    return unlisted(error);
  }
}

async function list(deps: ConnectDeps, baseUrl: string): Promise<readonly string[]> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Asking ${baseUrl} for its models…`, cancellable: true },
    async (_progress, token) => {
      const controller = new AbortController();
      const listening = token.onCancellationRequested(() => {
        controller.abort();
      });
      try {
        return await deps.listModels(baseUrl, controller.signal);
      } finally {
        listening.dispose();
      }
    },
  );
}

async function unlisted(error: unknown): Promise<readonly string[] | undefined> {
  const choice = await vscode.window.showWarningMessage(`The server does not list its models: ${messageOf(error)}`, 'Name a Model', 'Cancel');
  return choice === 'Name a Model' ? [] : undefined;
}

async function pickModels(baseUrl: string, listed: readonly string[]): Promise<readonly string[] | undefined> {
  if (listed.length > 0) {
    return vscode.window.showQuickPick([...listed], {
      title: `Models of ${baseUrl}`,
      placeHolder: 'Which ones may Fairlead choose?',
      canPickMany: true,
      ignoreFocusOut: true,
    });
  }
  const typed = await vscode.window.showInputBox({ title: 'Name of the model', prompt: 'As the server knows it', ignoreFocusOut: true });
  return typed === undefined || typed.trim() === '' ? undefined : [typed.trim()];
}

async function addModels(settings: SettingsStore, baseUrl: string, models: readonly string[]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('fairlead');
  const known = configuration.inspect<Record<string, unknown>>('models')?.globalValue ?? {};
  const added = { ...known };
  for (const model of models) {
    const name = freeName(model, { ...settings.for().models, ...added });
    added[name] = { provider: providerAt(baseUrl), baseUrl, model };
  }
  await configuration.update('models', added, vscode.ConfigurationTarget.Global);
}

/** All servers but Anthropic's are asked as OpenAI's are; those that speak both can be told otherwise in the settings. */
function providerAt(baseUrl: string): 'anthropic' | 'openai' {
  return new URL(baseUrl).hostname === 'api.anthropic.com' ? 'anthropic' : 'openai';
}

function freeName(model: string, taken: Readonly<Record<string, unknown>>): string {
  const base = model.split('/').at(-1)?.slice(0, 70) ?? model;
  if (!(base in taken)) return base;
  for (let suffix = 2; ; suffix += 1) if (!(`${base}-${String(suffix)}` in taken)) return `${base}-${String(suffix)}`;
}
