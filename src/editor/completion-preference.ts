// Whose ghost text this user takes more often, by language: outcomes teach it, and the router hears of it once it is
// proven. A few numbers, kept on this machine.
import * as vscode from 'vscode';
import type { Outcome } from '../learning/completion-outcomes';
import { learnTaken, provenIn, type PreferenceState } from '../learning/model-preference';
import type { Proven } from '../router/choosing/pace';

export interface CompletionPreference {
  readonly heard: (outcome: Outcome) => void;
  readonly provenIn: (language: string) => readonly Proven[];
}

const KEY = 'fairlead.inline.preference';
/** Less of a suggestion is not what it was made for. */
const TAKEN_FROM = 0.3;

export function createCompletionPreference(memory: vscode.Memento): CompletionPreference {
  let state = memory.get<PreferenceState>(KEY) ?? [];
  return {
    heard: ({ kind, offer, value }) => {
      const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === offer.document);
      if (!document || kind === 'shown' || kind === 'kept') return;
      state = learnTaken(state, { model: offer.model, language: document.languageId }, value >= TAKEN_FROM);
      void memory.update(KEY, state);
    },
    provenIn: (language) => provenIn(state, language),
  };
}
