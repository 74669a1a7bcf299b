// The lists of local models: what there is to download, and what is here.
import * as vscode from 'vscode';
import type { LocalModel, LocalModelState, ModelPurpose } from './local-models-port';
import { portionText, sizeText } from './transfer-text';

export interface ListedModel {
  readonly model: LocalModel;
  readonly state: LocalModelState;
}

interface ModelItem extends vscode.QuickPickItem {
  readonly listed?: ListedModel;
}

/** In the order of the list. */
const PURPOSES: Readonly<Record<ModelPurpose, string>> = {
  classifier: 'Reads your routes',
  rerank: 'Looks again at the likeliest routes',
  embedding: 'Compares requests with routes',
  completion: 'Completes code (ghost text)',
  chat: 'Answers in chat',
};

const OWN_FILE: ModelItem = { label: '$(folder-opened) Use a File I Have…', detail: 'A GGUF model on this machine, wherever it came from.' };

/** The chosen model, `own` for a file of the user's, or undefined when the user gave up. */
export async function pickToDownload(listed: readonly ListedModel[]): Promise<ListedModel | 'own' | undefined> {
  const items = Object.entries(PURPOSES).flatMap(([purpose, label]): ModelItem[] => {
    const group = listed.filter(({ model }) => model.purpose === purpose);
    return group.length === 0 ? [] : [separator(label), ...group.map(downloadItem)];
  });
  const picked = await vscode.window.showQuickPick([...items, separator('Or'), OWN_FILE], {
    title: 'Download a Local Model',
    placeHolder: 'It runs on this machine; nothing you write leaves it',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked === OWN_FILE ? 'own' : picked?.listed;
}

export async function pickToRemove(listed: readonly ListedModel[]): Promise<ListedModel | undefined> {
  const items = listed.map((one): ModelItem => ({ label: one.model.title, description: hereText(one.state), listed: one }));
  const picked = await vscode.window.showQuickPick(items, { title: 'Remove a Local Model', placeHolder: 'Its file is deleted from this machine' });
  return picked?.listed;
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function downloadItem(listed: ListedModel): ModelItem {
  const { model, state } = listed;
  const size = model.approxBytes === null ? 'size unknown' : sizeText(model.approxBytes);
  const licence = model.licence.restricted ? `${model.licence.id} (restricted licence)` : model.licence.id;
  const here = hereText(state);
  return {
    label: `${icon(state)} ${model.title}`,
    description: [...(here === '' ? [] : [here]), ...(state.kind === 'present' ? [] : [size]), licence].join(' · '),
    detail: model.use,
    listed,
  };
}

function icon(state: LocalModelState): string {
  if (state.kind === 'present') return '$(pass-filled)';
  return state.kind === 'partial' ? '$(debug-continue)' : '$(cloud-download)';
}

function hereText(state: LocalModelState): string {
  switch (state.kind) {
    case 'absent':
      return '';
    case 'present':
      return `on this machine, ${sizeText(state.bytes)}`;
    case 'partial':
      return `${portionText(state.bytes, state.totalBytes)} ${state.busy ? 'so far, downloading' : 'here, goes on from there'}`;
    case 'aside':
      return `set aside, ${sizeText(state.bytes)}: it was not the promised file`;
  }
}
