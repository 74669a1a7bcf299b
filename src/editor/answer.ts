// Answers one question: read what is attached, route, say which model and why, stream what it says.
import * as vscode from 'vscode';
import type { RunEvent } from '../router/running/execute';
import { budgetWords, escapeMarkdown, headline, refusalText } from '../router/explain';
import type { ChatCall } from '../router/ports';
import { leavesMachine } from '../router/choosing/rules';
import type { Candidate, Decision, RouteRequest } from '../router/types';
import { RouterError } from '../shared/errors';
import { button, errorResult, feedbackLine, headLine, heldBackLine, mismatchLine, ownWords, switchedLine, withLateProgress, type OwnWords } from './answer-parts';
import type { AnswerMetadata } from './answer-metadata';
import { buildPrompt, historyTurns, type ChatPrompt, type PromptSource } from './chat-prompt';
import { conversationKey } from './conversations';
import type { Routed } from './dispatch';
import { newId } from './ids';
import { languagesOf } from './languages-of';
import { needsOf } from './lm-messages';
import type { Asked, ParticipantDeps } from './asked';
import { earlierPaths, readReferences } from './references';

/** Prompt budget where no model's window is known. */
const UNKNOWN_WINDOW_TOKENS = 32_000;
/** Share of a window that the prompt may take; the rest is for the answer. */
const PROMPT_SHARE = 0.75;

export async function answer(deps: ParticipantDeps, asked: Asked): Promise<vscode.ChatResult> {
  const { request, context, stream, signal } = asked;
  if (request.prompt.trim() === '' && request.references.length === 0) return greet(stream);
  const references = await readReferences(request.references);
  for (const { shown } of references.attachments) if (shown) stream.reference(shown);
  const source: PromptSource = { question: request.prompt, history: historyTurns(context.history), earlier: earlierPaths(context.history), references };
  const chosen = await withLateProgress(stream, 'Choosing a model…', () => chooseModel(deps, source, signal));
  const { routed, prompt } = chosen;
  const words = ownWords(stream);
  words.say(headLine(headline(routed.decision, routed.candidates), routed.decision.id));
  const left = [...references.left, ...prompt.left];
  if (left.length > 0) words.say(`$(info) Left out: ${left.join(', ')}.\n\n`);
  if (routed.decision.model === undefined) return noModel(stream, routed.decision, words);
  return streamAnswer(deps, asked, { ...chosen, words });
}

interface Chosen {
  readonly routed: Routed;
  readonly prompt: ChatPrompt;
  /** Workspace-relative paths of all files of the request, earlier ones too. */
  readonly files: readonly string[];
}

/** Routes with all that fits the largest window; when only smaller ones may serve, cuts down and routes again. */
async function chooseModel(deps: ParticipantDeps, source: PromptSource, signal: AbortSignal): Promise<Chosen> {
  const usable = deps.dispatch.candidates('chat').filter(({ unavailable }) => unavailable === undefined);
  const first = await routeWithin(deps, source, { budgetTokens: budget(usable), signal });
  if (first.routed.decision.model !== undefined) return first;
  const smaller = largestRefusedForSize(first.routed.decision);
  if (smaller === undefined) return first;
  return routeWithin(deps, source, { budgetTokens: Math.floor(smaller * PROMPT_SHARE), signal });
}

interface Limits {
  readonly budgetTokens: number;
  readonly signal: AbortSignal;
}

async function routeWithin(deps: ParticipantDeps, source: PromptSource, limits: Limits): Promise<Chosen> {
  const prompt = buildPrompt(source, limits.budgetTokens);
  const { attachments } = source.references;
  const files = [...attachments.flatMap(({ path }) => path ?? []), ...source.earlier];
  const languages = [...attachments.flatMap(({ language }) => (language === '' ? [] : [language])), ...languagesOf(source.earlier)];
  const turns = [...source.history, { role: 'user' as const, text: source.question }];
  const request: RouteRequest = {
    id: newId(),
    surface: 'chat',
    turns,
    conversation: conversationKey(turns.map(({ role, text }) => ({ role, parts: [{ type: 'text', text }] }))),
    inputTokens: prompt.tokens,
    needs: needsOf(prompt.messages, []),
    paths: [...new Set(files)],
    texts: prompt.messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))),
    languages: [...new Set(languages)],
  };
  const resource = attachments.find(({ uri }) => uri !== undefined)?.uri ?? vscode.window.activeTextEditor?.document.uri;
  return { routed: await deps.dispatch.decide(request, resource, limits.signal), prompt, files: request.paths };
}

function budget(usable: readonly Candidate[]): number {
  const windows = usable.flatMap(({ contextTokens }) => contextTokens ?? []);
  const unknown = windows.length < usable.length || usable.length === 0 ? [UNKNOWN_WINDOW_TOKENS] : [];
  return Math.floor(Math.max(...windows, ...unknown) * PROMPT_SHARE);
}

function largestRefusedForSize({ refused }: Decision): number | undefined {
  const windows = refused.flatMap(({ refusals }) =>
    refusals.length === 1 && refusals[0]?.kind === 'context' ? [refusals[0].hasTokens] : [],
  );
  return windows.length > 0 ? Math.max(...windows) : undefined;
}

interface Running extends Chosen {
  readonly words: OwnWords;
}

async function streamAnswer(deps: ParticipantDeps, asked: Asked, running: Running): Promise<vscode.ChatResult> {
  const { stream, signal } = asked;
  const { routed, prompt, words, files } = running;
  const { decision } = routed;
  const call: Omit<ChatCall, 'candidate'> = { messages: prompt.messages, tools: [], toolMode: 'auto', options: {} };
  const shown: Shown = { model: decision.model, empty: true, mismatch: undefined };
  try {
    for await (const event of deps.dispatch.run(routed, call, signal)) {
      if (event.type === 'switched') deps.decisions.servedBy(decision.id, event.to);
      show(event, { stream, words, shown });
    }
    if (shown.empty) throw new RouterError('malformed', `${shown.model ?? 'The model'} ended without an answer.`);
    if (shown.mismatch !== undefined) words.say(shown.mismatch);
    words.say(feedbackLine(decision.id));
    return { metadata: metadataOf(decision, shown, { words, files: readable(routed, shown.model, files) }) };
  } catch (error) {
    const failed = signal.aborted ? {} : errorResult(error, stream, deps.log);
    return { ...failed, metadata: metadataOf(decision, shown, { words, files: readable(routed, shown.model, files) }) };
  }
}

/** What has been shown of one answer so far. */
interface Shown {
  model: string | undefined;
  empty: boolean;
  mismatch: string | undefined;
}

interface Showing {
  readonly stream: vscode.ChatResponseStream;
  readonly words: OwnWords;
  readonly shown: Shown;
}

function show(event: RunEvent, { stream, words, shown }: Showing): void {
  switch (event.type) {
    case 'announce':
      shown.model = event.model;
      break;
    case 'switched':
      words.say(switchedLine(event.from, event.to, event.error));
      break;
    case 'mismatch':
      shown.mismatch = mismatchLine(event.announced, event.executed);
      break;
    case 'outgoing':
      words.say(heldBackLine(event));
      break;
    case 'text':
      shown.empty = false;
      stream.markdown(event.text);
      break;
    default:
      break;
  }
}

interface Answered {
  readonly words: OwnWords;
  readonly files: readonly string[];
}

function metadataOf(decision: Decision, { model }: Pick<Shown, 'model'>, { words, files }: Answered): AnswerMetadata {
  return { decisionId: decision.id, route: decision.route, model, files: [...files], ownText: words.said };
}

/** Files whose text the answer may repeat: a hosted model saw none of those that must not leave. */
function readable({ candidates }: Routed, model: string | undefined, files: readonly string[]): readonly string[] {
  const candidate = candidates.find(({ id }) => id === model);
  return candidate && leavesMachine(candidate) ? [] : files;
}

/** The routing decision is still an answer; the buttons lead to a model. */
function noModel(stream: vscode.ChatResponseStream, decision: Decision, words: OwnWords): vscode.ChatResult {
  const refused = decision.refused.map(({ model, refusals }) => `- **${model}**: ${refusals.map(refusalText).join('; ')}`);
  const limits = budgetWords(decision).map((text) => `$(warning) ${escapeMarkdown(text)}\n\n`);
  words.say(
    refused.length > 0
      ? `None of your models can take this request:\n\n${refused.join('\n')}\n\n${limits.join('')}`
      : 'No model is connected yet. Download one that runs in Fairlead itself, start a model server on this machine (Ollama, LM Studio, llama-server or vLLM) and look again, connect one by its address, or store the key of a hosted one.\n\n',
  );
  if (limits.length > 0) button(stream, 'showSpending');
  const offered = refused.length > 0 ? (['openSettings', 'findModels'] as const) : (['downloadModel', 'findModels', 'connectServer', 'storeApiKey', 'openWalkthrough'] as const);
  for (const name of offered) button(stream, name);
  return { metadata: metadataOf(decision, { model: undefined }, { words, files: [] }) };
}

function greet(stream: vscode.ChatResponseStream): vscode.ChatResult {
  stream.markdown(
    'Ask anything about your code. I choose one of your models for each question and say which one and why.\n\n`/models` lists the models, `/route` tries a question without asking it, `/why` explains the last choice.',
  );
  button(stream, 'openSettings');
  return {};
}
