// "Fairlead Auto" in VS Code's model picker and for every extension through `vscode.lm`. Routes at a user's turn,
// stays with one model inside a tool loop, and puts nothing of its own into the answer: agents parse it.
import * as vscode from 'vscode';
import { headline } from '../router/explain';
import type { RunEvent } from '../router/execute';
import type { Message, ToolDefinition, Usage } from '../router/ports';
import { estimateTokens } from '../router/tokens';
import type { Candidate, Decision, RouteRequest } from '../router/types';
import { isAbort } from '../shared/abort';
import { RouterError } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { conversationKey, createConversations, isToolTurn, type Conversations } from './conversations';
import type { DecisionLog } from './decision-log';
import type { Dispatch, Routed } from './dispatch';
import { newId } from './ids';
import { languagesOf } from './languages-of';
import { countTokens, fromVscodeMessages, fromVscodeTools, needsOf, turnsOf } from './lm-messages';
import { mentionedPaths } from './mentioned-paths';
import { nextSteps } from './next-steps';
import { OWN_VENDOR } from './vscode-lm-backend';

const AUTO_ID = 'auto';
/** Windows to claim while no model's own window is known. */
const UNKNOWN_WINDOW_TOKENS = 128_000;
const UNKNOWN_OUTPUT_TOKENS = 16_000;

export interface ModelProviderDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly onDidChangePool: vscode.Event<void>;
  readonly log: Log;
}

export function registerModelProvider(deps: ModelProviderDeps): vscode.Disposable {
  const conversations = createConversations();
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.LanguageModelChatProvider = {
    onDidChangeLanguageModelChatInformation: changed.event,
    provideLanguageModelChatInformation: () => [autoModel(deps.dispatch.candidates('agent'))],
    provideTokenCount: (_model, text) =>
      Promise.resolve(typeof text === 'string' ? estimateTokens(text) : countTokens(fromVscodeMessages([text]))),
    provideLanguageModelChatResponse: (...[, messages, options, progress, token]) =>
      withSignal(token, (signal) => respond(deps, conversations, { ask: asked(messages, options), progress, signal })),
  };
  const registered = vscode.lm.registerLanguageModelChatProvider(OWN_VENDOR, provider);
  // VS Code refuses chat requests while no model is known; asking for ours makes it known.
  void vscode.lm.selectChatModels({ vendor: OWN_VENDOR });
  return vscode.Disposable.from(
    registered,
    changed,
    deps.onDidChangePool(() => {
      changed.fire();
    }),
  );
}

function autoModel(candidates: readonly Candidate[]): vscode.LanguageModelChatInformation {
  const usable = candidates.filter(({ unavailable }) => unavailable === undefined);
  const known = usable.length > 0;
  return {
    id: AUTO_ID,
    name: 'Fairlead Auto',
    family: 'fairlead',
    version: '1',
    detail: known ? `${String(usable.length)} model${usable.length === 1 ? '' : 's'}` : 'no model yet',
    tooltip: known
      ? `Chooses for each request among ${usable.map(({ id }) => id).join(', ')}.`
      : 'Chooses a model for each request. None is connected yet: run “Fairlead: Connect a Model Server”.',
    maxInputTokens: largest(usable, 'contextTokens', UNKNOWN_WINDOW_TOKENS),
    maxOutputTokens: largest(usable, 'maxOutputTokens', UNKNOWN_OUTPUT_TOKENS),
    // The picker offers agents only models with tools; a request that no model can serve says so itself.
    capabilities: { toolCalling: true, imageInput: !known || usable.some(maySee) },
  };
}

function maySee({ capabilities, capabilitiesKnown }: Candidate): boolean {
  return !capabilitiesKnown || capabilities.includes('vision');
}

function largest(candidates: readonly Candidate[], key: 'contextTokens' | 'maxOutputTokens', unknown: number): number {
  const known = candidates.flatMap((candidate) => candidate[key] ?? []);
  return known.length > 0 ? Math.max(...known) : unknown;
}

interface Ask {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly toolMode: 'auto' | 'required';
  readonly options: Readonly<Record<string, unknown>>;
}

function asked(
  messages: readonly vscode.LanguageModelChatRequestMessage[],
  options: vscode.ProvideLanguageModelChatResponseOptions,
): Ask {
  return {
    messages: fromVscodeMessages(messages),
    tools: fromVscodeTools(options.tools),
    toolMode: options.toolMode === vscode.LanguageModelChatToolMode.Required ? 'required' : 'auto',
    options: { ...options.modelOptions },
  };
}

interface Response {
  readonly ask: Ask;
  readonly progress: vscode.Progress<vscode.LanguageModelResponsePart>;
  readonly signal: AbortSignal;
}

async function respond(deps: ModelProviderDeps, conversations: Conversations, response: Response): Promise<void> {
  const { ask, progress, signal } = response;
  const key = conversationKey(ask.messages);
  try {
    const routed = sameModel(deps, conversations, { key, ask }) ?? (await route(deps, { key, ask }, signal));
    const { decision } = routed;
    if (decision.model === undefined) throw noModel(decision);
    conversations.set(key, { decision, model: decision.model });
    for await (const event of deps.dispatch.run(routed, ask, signal)) {
      const part = toPart(event);
      if (part) progress.report(part);
      if (event.type === 'switched') {
        deps.log.info(`[${decision.id}] ${event.from} did not answer (${event.error.code}), ${event.to} answers instead`);
        deps.decisions.servedBy(decision.id, event.to);
        conversations.set(key, { decision, model: event.to });
      }
    }
  } catch (error) {
    if (isAbort(error)) throw new vscode.CancellationError();
    const failure = toVscodeError(error);
    deps.log.warn(failure.message);
    throw failure;
  }
}

interface Turn {
  readonly key: string;
  readonly ask: Ask;
}

/** Inside a tool loop the model that answered goes on, while it may: tools may have read files that must stay here. */
function sameModel(deps: ModelProviderDeps, conversations: Conversations, turn: Turn): Routed | undefined {
  const remembered = isToolTurn(turn.ask.messages) ? conversations.get(turn.key) : undefined;
  if (!remembered) return undefined;
  const { decision, model } = remembered;
  const others = [decision.model, ...decision.fallbacks].filter((id): id is string => id !== undefined && id !== model);
  const earlier = { routes: decision.routes, resource: vscode.workspace.workspaceFolders?.[0]?.uri };
  const candidates = deps.dispatch.goOn([model, ...others], requestOf(turn), earlier);
  if (candidates[0]?.id !== model) {
    deps.log.info(`[${decision.id}] tool step: ${model} may not go on with what the conversation holds now; choosing anew`);
    return undefined;
  }
  deps.log.debug(`[${decision.id}] tool step: stays with ${model}`);
  return { decision: { ...decision, model, fallbacks: candidates.slice(1).map(({ id }) => id) }, candidates };
}

function requestOf({ key, ask }: Turn): RouteRequest {
  const roots = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const texts = ask.messages.flatMap(({ parts }) =>
    parts.map((part) => {
      if (part.type === 'text' || part.type === 'tool_result') return part.text;
      return part.type === 'tool_call' ? JSON.stringify(part.input ?? {}) : '';
    }),
  );
  const paths = mentionedPaths(texts, roots);
  return {
    id: newId(),
    surface: 'agent',
    turns: turnsOf(ask.messages),
    conversation: key,
    inputTokens: countTokens(ask.messages, ask.tools),
    needs: needsOf(ask.messages, ask.tools),
    paths,
    languages: languagesOf(paths),
  };
}

async function route(deps: ModelProviderDeps, turn: Turn, signal: AbortSignal): Promise<Routed> {
  const routed = await deps.dispatch.decide(requestOf(turn), vscode.workspace.workspaceFolders?.[0]?.uri, signal);
  deps.log.debug(headline(routed.decision, routed.candidates));
  return routed;
}

function noModel(decision: Decision): Error {
  const text =
    decision.refused.length > 0
      ? 'None of your models can take this request. “Fairlead: Show Last Decision” says why.'
      : 'No model is connected yet. “Fairlead: Find Models on This Machine” looks again, “Fairlead: Connect a Model Server” adds one by its address.';
  return vscode.LanguageModelError.NotFound(text);
}

function toPart(event: RunEvent): vscode.LanguageModelResponsePart | undefined {
  switch (event.type) {
    case 'text':
      return new vscode.LanguageModelTextPart(event.text);
    case 'tool_call':
      return new vscode.LanguageModelToolCallPart(event.id, event.name, event.input ?? {});
    case 'usage':
      return usagePart(event.usage);
    default:
      return undefined;
  }
}

/** VS Code's context-window display reads this MIME type; callers that do not know it skip the part. */
function usagePart({ inputTokens, outputTokens, cachedInputTokens }: Usage): vscode.LanguageModelDataPart {
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens ?? 0 },
  };
  return new vscode.LanguageModelDataPart(new TextEncoder().encode(JSON.stringify(usage)), 'usage');
}

function toVscodeError(error: unknown): Error {
  if (error instanceof vscode.LanguageModelError) return error;
  const { message } = nextSteps(error);
  if (RouterError.is(error, 'unauthorized') || RouterError.is(error, 'no_key')) return vscode.LanguageModelError.NoPermissions(message);
  if (RouterError.is(error, 'quota') || RouterError.is(error, 'rate_limited')) return vscode.LanguageModelError.Blocked(message);
  if (RouterError.is(error, 'not_found')) return vscode.LanguageModelError.NotFound(message);
  return new Error(message, { cause: error });
}
