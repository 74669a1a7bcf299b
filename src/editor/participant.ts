// The chat participant @fairlead: one answer per question, headed by the model that was chosen and why.
import * as vscode from 'vscode';
import { isAbort } from '../shared/abort';
import { answer } from './answer';
import { readMetadata } from './answer-metadata';
import { withSignal } from './cancel';
import type { Asked, ParticipantDeps } from './asked';
import { followups } from './followups';
import { modelsCommand, routeCommand, whyCommand } from './participant-commands';
import { errorResult } from './answer-parts';

const ID = 'fairlead.router';

export function registerParticipant(deps: ParticipantDeps): vscode.Disposable {
  const participant = vscode.chat.createChatParticipant(ID, (request, context, stream, token) =>
    withSignal(token, (signal) => handle(deps, { request, context, stream, signal })),
  );
  participant.iconPath = new vscode.ThemeIcon('milestone');
  participant.followupProvider = { provideFollowups: (result) => followups(readMetadata(result)) };
  const listening = participant.onDidReceiveFeedback(({ result, kind }) => {
    const metadata = readMetadata(result);
    if (!metadata) return;
    deps.feedback.record(metadata.decisionId, kind === vscode.ChatResultFeedbackKind.Helpful ? 1 : 0, 'thumb');
  });
  return vscode.Disposable.from(participant, listening);
}

async function handle(deps: ParticipantDeps, asked: Asked): Promise<vscode.ChatResult> {
  try {
    switch (asked.request.command) {
      case 'why':
        return whyCommand(deps, asked);
      case 'route':
        return await routeCommand(deps, asked);
      case 'models':
        return await modelsCommand(deps, asked);
      default:
        return await answer(deps, asked);
    }
  } catch (error) {
    if (isAbort(error)) return {};
    return errorResult(error, asked.stream, deps.log);
  }
}
