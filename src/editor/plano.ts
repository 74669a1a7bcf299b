// Routes from and to Plano's `routing_preferences`. Reading and writing the YAML is an adapter's work; this decides
// what is taken into the user's settings and what is shown.
import * as vscode from 'vscode';
import type { SettingsStore } from './settings-store';

interface PlanoRoute {
  readonly name: string;
  readonly description: string;
  readonly models: readonly string[];
}

/** What reads and writes Plano's YAML. */
export interface PlanoFormat {
  readonly importPlano: (text: string) => {
    readonly routes: readonly PlanoRoute[];
    readonly problems: readonly { readonly line: number; readonly message: string }[];
  };
  readonly exportPlano: (
    routes: readonly PlanoRoute[],
    defaultModels: readonly string[],
  ) => { readonly text: string; readonly problems: readonly string[] };
}

export interface PlanoDeps {
  readonly settings: SettingsStore;
  /** Loaded when it is needed. */
  readonly plano: () => Promise<PlanoFormat>;
}

export async function importRoutes({ plano }: PlanoDeps): Promise<void> {
  const { importPlano } = await plano();
  const [file] = (await vscode.window.showOpenDialog({
    title: 'Import Routes from a Plano Configuration',
    openLabel: 'Import Routes',
    filters: { YAML: ['yaml', 'yml'] },
  })) ?? [];
  if (!file) return;
  const { routes, problems } = importPlano(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
  if (problems.length > 0) await tellProblems(problems.map(({ line, message }) => (line > 0 ? `line ${line}: ${message}` : message)));
  if (routes.length === 0) {
    void vscode.window.showWarningMessage('There are no routes to import in this file.');
    return;
  }
  const picked = await vscode.window.showQuickPick(
    routes.map((route) => ({ label: route.name, description: route.models.join(', '), detail: route.description, picked: true, route })),
    { canPickMany: true, title: 'Routes to Import into Your User Settings', matchOnDetail: true },
  );
  if (!picked || picked.length === 0) return;
  await addToUserSettings(picked.map(({ route }) => route));
}

/** A route of the same name is replaced; the others stay as they are. */
async function addToUserSettings(routes: readonly PlanoRoute[]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('fairlead');
  const held: unknown = configuration.inspect('routes')?.globalValue;
  const names = new Set(routes.map(({ name }) => name));
  const kept = (Array.isArray(held) ? (held as unknown[]) : []).filter((one) => !names.has((one as { name?: string }).name ?? ''));
  await configuration.update('routes', [...kept, ...routes], vscode.ConfigurationTarget.Global);
  const open = 'Open Settings';
  const answer = await vscode.window.showInformationMessage(
    `${routes.length === 1 ? 'One route was' : `${routes.length} routes were`} added to your user settings. Models that Fairlead does not know by these names are skipped until you add them to fairlead.models.`,
    open,
  );
  if (answer === open) await vscode.commands.executeCommand('workbench.action.openSettingsJson');
}

export async function exportRoutes({ settings, plano }: PlanoDeps): Promise<void> {
  const { exportPlano } = await plano();
  const { routes, defaultModels } = settings.for(vscode.window.activeTextEditor?.document.uri);
  const { text, problems } = exportPlano(routes, defaultModels);
  if (problems.length > 0) await tellProblems(problems);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'yaml', content: text }));
}

async function tellProblems(problems: readonly string[]): Promise<void> {
  const [first = '', ...more] = problems;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  await vscode.window.showWarningMessage(`${first}${rest}`, { modal: problems.length > 1, detail: problems.length > 1 ? problems.join('\n') : '' });
}
