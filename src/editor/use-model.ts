// A local model is here: what it shall do from now on, and the settings for that.
import * as vscode from 'vscode';
import type { LocalModel, ModelFileFacts } from './local-models-port';
import { withModel, withoutModel, type ModelSettings, type ModelUse } from './model-uses';

const USE = 'Use It';

/** What is known of a file that may be used; the dialect is null where its names must tell. */
export interface UsableFile {
  readonly title: string;
  readonly path: string;
  readonly dialect: string | null;
}

type Abilities = Pick<ModelFileFacts, 'chatTemplate' | 'fillsIn' | 'poolingType'>;

/** `inspect` looks at the header of the file. */
export async function offerUse(model: LocalModel, path: string, inspect: (path: string) => Promise<Abilities>): Promise<void> {
  const { title, purpose, dialect } = model;
  if (purpose !== 'completion' && purpose !== 'chat') await offerAsClassifier({ title, path, dialect });
  else await chooseUses({ title, path, dialect }, usesOf(await inspect(path)));
}

/** A file of the user's own may do anything that it can. */
export async function offerOwnFile(file: UsableFile, abilities: Abilities): Promise<void> {
  const uses = usesOf(abilities);
  if (uses.length === 0) await offerAsClassifier(file);
  else await chooseUses(file, [...uses, 'classifier']);
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

type Use = ModelUse | 'classifier';

const USES: Readonly<Record<Use, { readonly label: string; readonly detail: string; readonly done: string }>> = {
  chat: { label: 'Answer in chat', detail: 'Asked first where no route or rule says otherwise.', done: 'answers in chat' },
  ghost_text: { label: 'Complete code as you type', detail: 'Ghost text, without a server and without a connection.', done: 'completes your code' },
  classifier: { label: 'Read your routes', detail: 'Decides which kind of work a request is.', done: 'reads your routes' },
};

function usesOf({ chatTemplate, fillsIn, poolingType }: Abilities): ModelUse[] {
  if (poolingType !== undefined) return [];
  return [...(chatTemplate === undefined ? [] : (['chat'] as const)), ...(fillsIn ? (['ghost_text'] as const) : [])];
}

async function chooseUses(file: UsableFile, uses: readonly Use[]): Promise<void> {
  const items = uses.map((use) => ({ ...USES[use], use, picked: use !== 'classifier' }));
  if (items.length === 0) {
    void vscode.window.showWarningMessage(`${file.title} is here, but it can neither chat nor complete code.`);
    return;
  }
  const chosen = await vscode.window.showQuickPick(items, { title: `${file.title} is here. What shall it do?`, placeHolder: 'It runs on this machine; nothing you write leaves it', canPickMany: true, ignoreFocusOut: true });
  if (!chosen || chosen.length === 0) return;
  const writes = chosen.flatMap(({ use }) => (use === 'classifier' ? [] : [use]));
  if (writes.length > 0) await store(withModel(stored(), file, writes));
  if (writes.length < chosen.length) await useAsClassifier(file);
  void vscode.window.showInformationMessage(`${file.title} ${chosen.map(({ done }) => done).join(' and ')} from now on.`);
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

/** The settings would name a file that is gone. */
export async function stopUsing(path: string): Promise<void> {
  const left = withoutModel(stored(), path);
  if (left) await store(left);
  if (!isClassifier(path)) return;
  const settings = section();
  for (const key of ['classifier.file', 'classifier.dialect']) await settings.update(key, undefined, vscode.ConfigurationTarget.Global);
  if (settings.inspect<string>('classifier.use')?.globalValue === 'gguf') {
    await settings.update('classifier.use', undefined, vscode.ConfigurationTarget.Global);
  }
}

function stored(): ModelSettings {
  const settings = section();
  return {
    models: settings.inspect<ModelSettings['models']>('models')?.globalValue ?? {},
    defaultModels: settings.inspect<ModelSettings['defaultModels']>('defaultModels')?.globalValue ?? [],
    rules: settings.inspect<ModelSettings['rules']>('rules')?.globalValue ?? [],
  };
}

async function store(wanted: ModelSettings): Promise<void> {
  const before = stored();
  for (const key of ['models', 'defaultModels', 'rules'] as const) {
    if (JSON.stringify(wanted[key]) === JSON.stringify(before[key])) continue;
    const empty = Object.keys(wanted[key]).length === 0;
    await section().update(key, empty ? undefined : wanted[key], vscode.ConfigurationTarget.Global);
  }
}

function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('fairlead');
}
