// "Download a Local Model" and "Remove a Local Model", and the offer to go on with what a restart interrupted.
import * as vscode from 'vscode';
import { messageOf } from '../shared/errors';
import { lazily } from '../shared/lazily';
import { registerHandlers } from './commands';
import { commands } from './commands-table';
import { downloadShown, type DownloadDeps } from './local-model-download';
import { pickToDownload, pickToRemove, type ListedModel } from './local-model-pick';
import type { LocalModel, ModelFileFacts } from './local-models-port';
import { licenceAccepted } from './model-licence';
import { offerToResume, tellKept, type PartsDeps } from './resume-offer';
import { sizeText } from './transfer-text';
import { offerOwnFile, offerUse, stopUsing } from './use-model';

/** What there is to download, and where it is kept. */
export interface LocalModels extends Pick<DownloadDeps, 'store'> {
  readonly catalog: readonly LocalModel[];
  /** Looks at the header of a GGUF file; rejects with RouterError. */
  readonly inspect: (path: string) => Promise<ModelFileFacts>;
}

export interface LocalModelsDeps extends Omit<DownloadDeps, 'store'> {
  /** Called at the first use. */
  readonly open: () => Promise<LocalModels>;
  /** Told when a file has come or gone. */
  readonly changed: () => void;
  /** Remembers accepted licences and which downloads were offered to go on. */
  readonly memory: vscode.Memento;
  /** Milliseconds after the start until an interrupted download is offered; 15,000 when left out. */
  readonly resumeOfferMs?: number;
}

export function registerLocalModels(deps: LocalModelsDeps): vscode.Disposable {
  const underWay = new Set<string>();
  const session = lazily(async (): Promise<Session> => ({ ...deps, ...(await deps.open()), underWay }));
  const offerLeftParts = async (): Promise<void> => offerToResume(partsOf(await session()));
  const offering = setTimeout(() => {
    offerLeftParts().catch((error: unknown) => {
      deps.log.warn(`Interrupted downloads could not be looked for: ${messageOf(error)}`);
    });
  }, deps.resumeOfferMs ?? 15_000);
  return vscode.Disposable.from(
    registerHandlers(deps.log, {
      downloadModel: async () => chooseAndDownload(await session()),
      removeModel: async () => chooseAndRemove(await session()),
    }),
    { dispose: () => clearTimeout(offering) },
  );
}

interface Session extends LocalModelsDeps, LocalModels {
  /** Ids of the models that this window is downloading. */
  readonly underWay: Set<string>;
}

function partsOf(session: Session): PartsDeps {
  return { ...session, download: (model) => download(session, model) };
}

async function list({ catalog, store }: Session): Promise<ListedModel[]> {
  return Promise.all(catalog.map(async (model) => ({ model, state: await store.stateOf(model) })));
}

async function chooseAndDownload(session: Session): Promise<void> {
  const picked = await pickToDownload(await list(session));
  if (picked === 'own') await useOwnFile(session);
  else if (picked?.state.kind === 'present') await offerUse(picked.model, picked.state.path, session.inspect);
  else if (picked) await download(session, picked.model);
}

async function download(session: Session, model: LocalModel): Promise<void> {
  const { underWay } = session;
  if (underWay.has(model.id)) {
    void vscode.window.showInformationMessage(`${model.title} is being downloaded already.`);
    return;
  }
  if (!(await licenceAccepted(model, session.memory))) return;
  underWay.add(model.id);
  try {
    let ended = await downloadShown(session, model);
    while (ended.kind === 'again') ended = await downloadShown(session, model);
    underWay.delete(model.id);
    if (ended.kind === 'done') {
      session.changed();
      await offerUse(model, ended.path, session.inspect);
    }
    if (ended.kind === 'own_file') await useOwnFile(session);
    else if (ended.kind === 'stopped') await tellKept(partsOf(session), model);
  } finally {
    underWay.delete(model.id);
  }
}

async function useOwnFile({ inspect }: Session): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'A GGUF Model on This Machine', openLabel: 'Use', filters: { 'GGUF models': ['gguf'] } })) ?? [];
  if (!file) return;
  const facts = await inspect(file.fsPath);
  const name = facts.name ?? file.path.split('/').at(-1) ?? file.fsPath;
  const details = [facts.architecture, facts.sizeLabel, sizeText(facts.bytes)].filter((one) => one !== undefined);
  await offerOwnFile({ title: `${name} (${details.join(', ')})`, path: file.fsPath, dialect: null }, facts);
}

async function chooseAndRemove(session: Session): Promise<void> {
  const here = (await list(session)).filter(({ state }) => state.kind !== 'absent');
  if (here.length === 0) {
    const choice = await vscode.window.showInformationMessage('No model has been downloaded.', 'Download a Local Model…');
    if (choice !== undefined) await vscode.commands.executeCommand(commands.downloadModel.id);
    return;
  }
  const picked = await pickToRemove(here);
  if (picked) await remove(session, picked);
}

async function remove({ store, underWay, changed }: Session, { model, state }: ListedModel): Promise<void> {
  if (underWay.has(model.id) || (state.kind === 'partial' && state.busy)) {
    void vscode.window.showWarningMessage(`${model.title} is being downloaded; stop that first.`);
    return;
  }
  const size = state.kind === 'absent' ? '' : ` (${sizeText(state.bytes)})`;
  const choice = await vscode.window.showWarningMessage(`Remove ${model.title}${size}?`, { modal: true, detail: 'To have it again, you download it again.' }, 'Remove');
  if (choice !== 'Remove') return;
  if (state.kind === 'present') await stopUsing(state.path);
  await store.remove(model);
  changed();
  void vscode.window.showInformationMessage(`${model.title} is removed.`);
}
