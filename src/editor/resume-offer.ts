// Unfinished downloads: what is kept after stopping one, and the offer to go on with one that a restart interrupted.
import * as vscode from 'vscode';
import type { LocalModel, LocalModelState, LocalModelStore } from './local-models-port';
import { portionText } from './transfer-text';

export interface PartsDeps {
  readonly catalog: readonly LocalModel[];
  readonly store: LocalModelStore;
  readonly memory: vscode.Memento;
  /** Ids of the models that this window is downloading. */
  readonly underWay: ReadonlySet<string>;
  readonly download: (model: LocalModel) => Promise<void>;
}

type Partial = LocalModelState & { readonly kind: 'partial' };

const GO_ON = 'Go On';
const DISCARD = 'Throw It Away';
const OFFERED = 'fairlead.offeredParts';

/** Offers each part once: a user who says nothing is not asked about the same part again. */
export async function offerToResume(deps: PartsDeps): Promise<void> {
  for (const model of deps.catalog) {
    const state = await deps.store.stateOf(model);
    if (state.kind !== 'partial' || state.busy || deps.underWay.has(model.id)) continue;
    if (offered(deps)[model.id] === state.bytes) continue;
    await ask(deps, model, { state, text: `The download of ${model.title} was interrupted at ${portionText(state.bytes, state.totalBytes)}.` });
  }
}

export async function tellKept(deps: PartsDeps, model: LocalModel): Promise<void> {
  const state = await deps.store.stateOf(model);
  if (state.kind !== 'partial') return;
  const portion = portionText(state.bytes, state.totalBytes);
  await ask(deps, model, { state, text: `${model.title}: ${portion} are kept, and a download goes on from there.` });
}

async function ask(deps: PartsDeps, model: LocalModel, { state, text }: { readonly state: Partial; readonly text: string }): Promise<void> {
  await deps.memory.update(OFFERED, { ...offered(deps), [model.id]: state.bytes });
  const choice = await vscode.window.showInformationMessage(text, GO_ON, DISCARD);
  if (choice === GO_ON) await deps.download(model);
  if (choice === DISCARD) await deps.store.discard(model);
}

function offered({ memory }: PartsDeps): Readonly<Record<string, number>> {
  return memory.get<Readonly<Record<string, number>>>(OFFERED, {});
}
