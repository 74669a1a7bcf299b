// What the user thought of an answer becomes an event. Acknowledged quietly; never leaves this machine.
import * as vscode from 'vscode';
import type { EventStore, FeedbackSource } from '../learning/events';
import type { DecisionLog } from './decision-log';

export interface FeedbackDeps {
  readonly decisions: DecisionLog;
  readonly events: EventStore;
}

export interface Feedback {
  /** `value`: 1 = kept or helpful, 0 = unhelpful. */
  record(decisionId: string, value: number, source: FeedbackSource): void;
  /** Records a press of one of our buttons and says so for a moment. */
  pressed(decisionId: unknown, value: number): void;
}

const SHOWN_MS = 4000;

export function createFeedback({ decisions, events }: FeedbackDeps): Feedback {
  const record: Feedback['record'] = (decisionId, value, source) => {
    const decision = decisions.get(decisionId);
    events.record({
      at: Date.now(),
      decisionId,
      value,
      source,
      surface: decision?.surface ?? 'chat',
      route: decision?.route,
      model: decisions.served(decisionId) ?? decision?.model,
      certainty: 1,
    });
  };
  return {
    record,
    pressed: (decisionId, value) => {
      if (typeof decisionId !== 'string') return;
      record(decisionId, value, 'button');
      vscode.window.setStatusBarMessage(value > 0 ? '$(thumbsup) Noted: helpful' : '$(thumbsdown) Noted: not helpful', SHOWN_MS);
    },
  };
}
