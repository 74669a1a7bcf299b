// Fairlead's models in VS Code's model picker and for every extension through `vscode.lm`. Routes at a user's turn,
// stays with one model inside a tool loop, and puts nothing of its own into the answer: agents parse it.
import * as vscode from 'vscode';
import { budgetWords, headline, refusalText } from '../router/explain';
import { countTokens, estimateTokens } from '../router/tokens';
import type { Decision } from '../router/types';
import { isAbort } from '../shared/abort';
import type { Log } from '../shared/log';
import { readTurn, requestOf, type AgentTurn } from './agent-turn';
import { createAnswerRecord, type AnswerRecord } from './answer-record';
import { withSignal } from './cancel';
import { createConversations, type Conversations } from './conversations';
import type { DecisionLog } from './decision-log';
import type { Dispatch, Routed } from './dispatch';
import { fromVscodeMessages } from './lm-messages';
import { pickerModels } from './picker-models';
import { toPart, toVscodeError } from './response-parts';
import { OWN_VENDOR } from './vscode-lm-backend';

export interface ModelProviderDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly onDidChangePool: vscode.Event<void>;
  readonly log: Log;
}

interface Provider extends ModelProviderDeps {
  readonly conversations: Conversations;
  /** How fast models read prompts, as measured, by candidate id. */
  readonly tokensPerSecond: Record<string, number>;
}

export function registerModelProvider(deps: ModelProviderDeps): vscode.Disposable {
  const own: Provider = { ...deps, conversations: createConversations(), tokensPerSecond: {} };
  const changed = new vscode.EventEmitter<void>();
  const offer = (): vscode.LanguageModelChatInformation[] => pickerModels(deps.dispatch.candidates('agent'));
  let offered = '';
  const provider: vscode.LanguageModelChatProvider = {
    onDidChangeLanguageModelChatInformation: changed.event,
    provideLanguageModelChatInformation: () => {
      const models = offer();
      offered = JSON.stringify(models);
      return models;
    },
    provideTokenCount: (_model, text) =>
      Promise.resolve(typeof text === 'string' ? estimateTokens(text) : countTokens(fromVscodeMessages([text]))),
    provideLanguageModelChatResponse: (...[model, messages, options, progress, token]) =>
      withSignal(token, (signal) => respond(own, { turn: readTurn(model.id, messages, options), progress, signal })),
  };
  const registered = vscode.lm.registerLanguageModelChatProvider(OWN_VENDOR, provider);
  // VS Code refuses chat requests while no model is known; asking for ours makes it known.
  void vscode.lm.selectChatModels({ vendor: OWN_VENDOR });
  return vscode.Disposable.from(
    registered,
    changed,
    deps.onDidChangePool(() => {
      if (JSON.stringify(offer()) !== offered) changed.fire();
    }),
  );
}

interface Response {
  readonly turn: AgentTurn;
  readonly progress: vscode.Progress<vscode.LanguageModelResponsePart>;
  readonly signal: AbortSignal;
}

async function respond(own: Provider, response: Response): Promise<void> {
  const { turn, signal } = response;
  const conversation = own.conversations.find(turn.call.messages);
  try {
    const routed = (await sameModel(own, { turn, conversation }, signal)) ?? (await route(own, { turn, conversation }, signal));
    await stream(own, { ...response, conversation, routed });
  } catch (error) {
    if (isAbort(error)) throw new vscode.CancellationError();
    const failure = toVscodeError(error);
    own.log.warn(failure.message);
    throw failure;
  }
}

/** Inside a tool loop the model that answered goes on, while it may: tools may have read files that must stay here. */
async function sameModel(own: Provider, { turn, conversation }: Where, signal: AbortSignal): Promise<Routed | undefined> {
  const remembered = own.conversations.get(conversation);
  if (turn.usersTurn || remembered?.choice !== turn.picked) return undefined;
  const { decision, running } = remembered;
  const { model } = running;
  const others = [decision.model, ...decision.fallbacks].filter((id): id is string => id !== undefined && id !== model);
  const earlier = { routes: decision.routes, resource: vscode.workspace.workspaceFolders?.[0]?.uri };
  const candidates = await own.dispatch.goOn([model, ...others], requestOf(turn, { conversation, running: undefined }), earlier, signal);
  if (candidates[0]?.id !== model) {
    own.log.info(`[${decision.id}] tool step: ${model} may not go on with what the conversation holds now; choosing anew`);
    return undefined;
  }
  own.log.debug(`[${decision.id}] tool step: stays with ${model}`);
  return { decision: { ...decision, model, fallbacks: candidates.slice(1).map(({ id }) => id) }, candidates };
}

interface Where {
  readonly turn: AgentTurn;
  readonly conversation: string;
}

async function route({ dispatch, conversations, tokensPerSecond, log }: Provider, { turn, conversation }: Where, signal: AbortSignal): Promise<Routed> {
  const before = conversations.get(conversation)?.running;
  const request = requestOf(turn, { conversation, running: before && { ...before, tokensPerSecond } });
  const routed = await dispatch.decide(request, vscode.workspace.workspaceFolders?.[0]?.uri, signal);
  if (routed.decision.model === undefined) throw noModel(routed.decision);
  log.debug(headline(routed.decision, routed.candidates));
  return routed;
}

interface Streaming extends Response {
  readonly conversation: string;
  readonly routed: Routed;
}

/** Hands the answer on as it comes, and remembers it even when it is cut off: the host sends back what it has got. */
async function stream(own: Provider, streaming: Streaming): Promise<void> {
  const { turn, routed, progress, signal } = streaming;
  const { decision } = routed;
  const promptTokens = countTokens(turn.call.messages, turn.call.tools);
  const record = createAnswerRecord({ decision, promptTokens, now: () => Date.now() });
  try {
    for await (const event of own.dispatch.run(routed, turn.call, signal)) {
      record.see(event);
      const part = toPart(event);
      if (part) progress.report(part);
      if (event.type !== 'switched') continue;
      own.log.info(`[${decision.id}] ${event.from} did not answer (${event.error.code}), ${event.to} answers instead`);
      own.decisions.servedBy(decision.id, event.to);
    }
  } finally {
    remember(own, streaming, record);
  }
}

function remember({ conversations, tokensPerSecond }: Provider, { turn, routed, conversation }: Streaming, record: AnswerRecord): void {
  conversations.answered(conversation, record.answered());
  const before = conversations.get(conversation)?.running;
  const running = record.running(before);
  Object.assign(tokensPerSecond, record.tokensPerSecond(before));
  if (running) conversations.set(conversation, { choice: turn.picked, decision: routed.decision, running });
}

function noModel(decision: Decision): Error {
  const { refused, reasons } = decision;
  const pinned = reasons.find((reason) => reason.kind === 'pinned')?.model;
  const why = pinned === undefined ? undefined : refused.find(({ model }) => model === pinned)?.refusals.map(refusalText).join('; ');
  if (pinned !== undefined) return vscode.LanguageModelError.NotFound(`${pinned} cannot take this request: ${why ?? 'it is not connected any more'}. Pick another model, or “Fairlead Auto”.`);
  return vscode.LanguageModelError.NotFound(
    refused.length > 0
      ? `None of your models can take this request: ${refusedInShort(refused)}. ${[...budgetWords(decision), '“Fairlead: Show Last Decision” says more.'].join(' ')}`
      : 'No model is connected yet. “Fairlead: Find Models on This Machine” looks again, “Fairlead: Connect a Model Server” adds one by its address.',
  );
}

function refusedInShort(refused: Decision['refused']): string {
  const shown = refused.slice(0, 3).map(({ model, refusals }) => `${model} ${refusals.slice(0, 1).map(refusalText).join('')}`);
  return [...shown, ...(refused.length > shown.length ? [`and ${String(refused.length - shown.length)} more`] : [])].join('; ');
}
