// What the handlers of the chat participant share: one request of the user's, and what it takes to answer it.
import type * as vscode from 'vscode';
import type { Log } from '../shared/log';
import type { DecisionLog } from './decision-log';
import type { Dispatch } from './dispatch';
import type { Feedback } from './feedback';
import type { SettingsStore } from './settings-store';

export interface ParticipantDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly settings: SettingsStore;
  readonly feedback: Feedback;
  readonly log: Log;
}

/** One request of the user's, as the handlers below share it. */
export interface Asked {
  readonly request: vscode.ChatRequest;
  readonly context: vscode.ChatContext;
  readonly stream: vscode.ChatResponseStream;
  readonly signal: AbortSignal;
}
