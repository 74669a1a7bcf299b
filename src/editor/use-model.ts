// A local model is here: what Fairlead can do with it now, and the settings for that.
import * as vscode from 'vscode';
import type { LocalModel } from './local-models-port';

const USE = 'Use It';
const COPY = 'Copy the Command';

/** What is known of a file that may be used; the dialect is null where its names must tell. */
export interface UsableFile {
  readonly title: string;
  readonly path: string;
  readonly dialect: string | null;
}

export async function offerUse(model: LocalModel, path: string): Promise<void> {
  if (model.purpose === 'completion' || model.purpose === 'chat') await offerServer(model, path);
  else await offerAsClassifier({ title: model.title, path, dialect: model.dialect });
}

export async function offerAsClassifier(file: UsableFile): Promise<void> {
  if (isClassifier(file.path)) {
    void vscode.window.showInformationMessage(`${file.title} is here and reads your routes.`);
    return;
  }
  const choice = await vscode.window.showInformationMessage(`${file.title} is here. Shall it read your routes from now on?`, USE, 'Not Now');
  if (choice === USE) await useAsClassifier(file);
}

export function isClassifier(path: string): boolean {
  return section().inspect<string>('classifier.file')?.globalValue === path;
}

async function useAsClassifier({ path, dialect }: UsableFile): Promise<void> {
  const settings = section();
  await settings.update('classifier.file', path, vscode.ConfigurationTarget.Global);
  await settings.update('classifier.dialect', dialect ?? undefined, vscode.ConfigurationTarget.Global);
  // `auto` prefers a server, if one is named, to the file.
  const use = settings.inspect<string>('classifier.use')?.globalValue ?? 'auto';
  const hasServer = Boolean(settings.inspect('classifier.endpoint')?.globalValue);
  if (hasServer || (use !== 'auto' && use !== 'gguf')) await settings.update('classifier.use', 'gguf', vscode.ConfigurationTarget.Global);
}

/** The setting would name a file that is gone. */
export async function stopUsing(path: string): Promise<void> {
  if (!isClassifier(path)) return;
  const settings = section();
  for (const key of ['classifier.file', 'classifier.dialect']) await settings.update(key, undefined, vscode.ConfigurationTarget.Global);
  if (settings.inspect<string>('classifier.use')?.globalValue === 'gguf') {
    await settings.update('classifier.use', undefined, vscode.ConfigurationTarget.Global);
  }
}

async function offerServer({ title, purpose }: LocalModel, path: string): Promise<void> {
  const work = purpose === 'chat' ? 'chat' : 'ghost text';
  const text = `${title} is here. Fairlead runs models for ${work} in a server: start llama-server (of llama.cpp) with it, and it is found by itself.`;
  if ((await vscode.window.showInformationMessage(text, COPY)) === COPY) await vscode.env.clipboard.writeText(`llama-server -m "${path}" --port 8080`);
}

function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('fairlead');
}
