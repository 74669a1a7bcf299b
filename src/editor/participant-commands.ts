// /why, /route and /models of @fairlead.
import * as vscode from 'vscode';
import { escapeMarkdown, explain, headline } from '../router/explain';
import { restText, type Rest } from '../router/running/health';
import { estimateTokens } from '../router/tokens';
import type { Candidate } from '../router/types';
import { button, headLine, ownWords, withLateProgress } from './answer-parts';
import { readMetadata } from './answer-metadata';
import { historyTurns } from './chat-prompt';
import { newDryId } from './ids';
import type { Asked, ParticipantDeps } from './asked';
import { readReferences } from './references';

export function whyCommand(deps: ParticipantDeps, { context, stream }: Asked): vscode.ChatResult {
  const answered = context.history.findLast((turn) => turn instanceof vscode.ChatResponseTurn && readMetadata(turn.result) !== undefined);
  const id = answered instanceof vscode.ChatResponseTurn ? readMetadata(answered.result)?.decisionId : undefined;
  const decision = (id === undefined ? undefined : deps.decisions.get(id)) ?? deps.decisions.last();
  if (!decision) {
    stream.markdown('Nothing was routed in this session yet. Ask something first, or try `/route` with a question.');
    return {};
  }
  stream.markdown(inChat(explain(decision, deps.dispatch.candidates('chat'), deps.decisions.requests(decision.id))));
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
  ownWords(stream).say(headLine(headline(decision, candidates), decision.id));
  stream.markdown(`A dry run: nothing was sent to a model.\n\n${inChat(explain(decision, candidates))}`);
  return {};
}

export async function modelsCommand(deps: ParticipantDeps, { stream }: Asked): Promise<vscode.ChatResult> {
  await withLateProgress(stream, 'Looking for models…', () => deps.dispatch.look());
  const candidates = deps.dispatch.candidates('chat');
  if (candidates.length === 0) {
    stream.markdown('No model is known yet: no server answers on this machine, VS Code offers none, and none is set.\n\n');
  } else {
    stream.markdown(new vscode.MarkdownString([...candidates].sort(byUse).map((one) => entry(one, deps.dispatch.resting().get(one.id))).join(''), true));
  }
  for (const name of ['connectServer', 'storeApiKey', 'openSettings'] as const) button(stream, name);
  return {};
}

function byUse(a: Candidate, b: Candidate): number {
  return Number(a.unavailable !== undefined) - Number(b.unavailable !== undefined) || a.id.localeCompare(b.id);
}

/** One model: a list, because a table does not fit beside an editor. */
function entry(candidate: Candidate, rest: Rest | undefined): string {
  const { id, model, unavailable } = candidate;
  const served = id === model || id.endsWith(`/${model}`) ? '' : ` (${plain(model)})`;
  const facts = [where(candidate), context(candidate), price(candidate), abilities(candidate)].filter((fact) => fact !== '');
  const rests = rest === undefined ? '' : `  \n  $(watch) ${plain(restText(id, rest, Date.now()))}`;
  const state = unavailable === undefined ? rests : `  \n  $(circle-slash) ${plain(unavailable)}`;
  return `- **${plain(id)}**${served}  \n  ${facts.join(' · ')}${state}\n`;
}

function where({ locality, endpoint }: Candidate): string {
  return locality === 'local' ? 'on this machine' : `hosted by ${plain(endpoint.replace(/^https?:\/\/([^/]*).*$/u, '$1'))}`;
}

function context({ contextTokens }: Candidate): string {
  if (contextTokens === undefined) return '';
  const binary = contextTokens % 1000 !== 0 && contextTokens % 1024 === 0;
  const thousands = binary ? contextTokens / 1024 : Math.round(contextTokens / 1000);
  return `${String(thousands)}k tokens`;
}

function price({ price: known, locality }: Candidate): string {
  if (known) return `USD ${String(known.input)} in, ${String(known.output)} out per million`;
  return locality === 'local' ? 'free' : '';
}

function abilities({ capabilities, capabilitiesKnown }: Candidate): string {
  if (capabilities.length > 0) return capabilities.join(', ');
  return capabilitiesKnown ? 'text only' : '';
}

function plain(text: string): string {
  return escapeMarkdown(text).replace(/\n/gu, ' ');
}

/** Headings of a whole page are too loud inside an answer. */
function inChat(page: string): string {
  return page
    .replace(/^# .*\n/u, '')
    .replace(/^## (.*)$/gmu, '**$1**')
    .replace(/<small>(.*)<\/small>/u, '_$1_');
}
