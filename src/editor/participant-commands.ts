// /why, /route and /models of @fairlead.
import * as vscode from 'vscode';
import { escapeMarkdown, explain, headline } from '../router/explain';
import { estimateTokens } from '../router/tokens';
import type { Candidate } from '../router/types';
import { button, whyButton } from './answer-parts';
import { readMetadata } from './answer-metadata';
import { historyTurns } from './chat-prompt';
import { newDryId } from './ids';
import type { Asked, ParticipantDeps } from './participant';
import { readReferences } from './references';

export function whyCommand(deps: ParticipantDeps, { context, stream }: Asked): vscode.ChatResult {
  const answered = context.history.findLast((turn) => turn instanceof vscode.ChatResponseTurn && readMetadata(turn.result) !== undefined);
  const id = answered instanceof vscode.ChatResponseTurn ? readMetadata(answered.result)?.decisionId : undefined;
  const decision = (id === undefined ? undefined : deps.decisions.get(id)) ?? deps.decisions.last();
  if (!decision) {
    stream.markdown('Nothing was routed in this session yet. Ask something first, or try `/route` with a question.');
    return {};
  }
  stream.markdown(inChat(explain(decision, deps.dispatch.candidates('chat'))));
  return {};
}

export async function routeCommand(deps: ParticipantDeps, { request, context, stream, signal }: Asked): Promise<vscode.ChatResult> {
  const text = request.prompt.trim();
  if (text === '') {
    stream.markdown('Write the question after the command, such as `/route why does this test fail?` Nothing is sent to a model.');
    return {};
  }
  const { attachments } = await readReferences(request.references);
  const turns = [...historyTurns(context.history), { role: 'user' as const, text }];
  const { decision, candidates } = await deps.dispatch.decide(
    {
      id: newDryId(),
      surface: 'chat',
      turns,
      inputTokens: turns.reduce((sum, turn) => sum + estimateTokens(turn.text), 0),
      needs: [],
      paths: attachments.flatMap(({ path }) => path ?? []),
      languages: attachments.flatMap(({ language }) => (language === '' ? [] : [language])),
    },
    attachments.find(({ uri }) => uri !== undefined)?.uri,
    signal,
  );
  stream.markdown(`${headline(decision, candidates)}\n\nA dry run: nothing was sent to a model.\n\n`);
  stream.markdown(inChat(explain(decision, candidates)));
  whyButton(stream, decision.id);
  return {};
}

export async function modelsCommand(deps: ParticipantDeps, { stream }: Asked): Promise<vscode.ChatResult> {
  stream.progress('Looking for models…');
  await deps.dispatch.look();
  const candidates = deps.dispatch.candidates('chat');
  if (candidates.length === 0) {
    stream.markdown('No model is known yet: no server answers on this machine, VS Code offers none, and none is set.\n\n');
  } else {
    const rows = [...candidates].sort(byUse).map(row);
    stream.markdown(['| Model | Runs | Context | Price in/out | Can | Now |', '|---|---|--:|--:|---|---|', ...rows, '\n'].join('\n'));
  }
  for (const name of ['connectServer', 'storeApiKey', 'openSettings'] as const) button(stream, name);
  return {};
}

function byUse(a: Candidate, b: Candidate): number {
  return Number(a.unavailable !== undefined) - Number(b.unavailable !== undefined) || a.id.localeCompare(b.id);
}

function row(candidate: Candidate): string {
  const { id, model, locality, contextTokens, price, capabilities, unavailable } = candidate;
  const name = id.endsWith(model) ? `**${cell(id)}**` : `**${cell(id)}** ${cell(model)}`;
  const tokens = contextTokens === undefined ? '?' : `${String(Math.round(contextTokens / 1000))}k`;
  const cost = price ? `$${String(price.input)} / $${String(price.output)}` : locality === 'local' ? 'free' : '?';
  const can = capabilities.length > 0 ? capabilities.join(', ') : '?';
  return `| ${name} | ${locality === 'local' ? 'here' : 'hosted'} | ${tokens} | ${cost} | ${can} | ${unavailable === undefined ? 'ready' : cell(unavailable)} |`;
}

function cell(text: string): string {
  return escapeMarkdown(text).replace(/\n/gu, ' ');
}

/** Headings of a whole page are too loud inside an answer. */
function inChat(page: string): string {
  return page
    .replace(/^# .*\n/u, '')
    .replace(/^## (.*)$/gmu, '**$1**')
    .replace(/<small>(.*)<\/small>/u, '_$1_');
}
