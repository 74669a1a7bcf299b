// The messages of one `@fairlead` request: history, attachments and the question, cut to a token budget.
import * as vscode from 'vscode';
import type { Message, Part } from '../router/ports';
import { estimateTokens } from '../router/tokens';
import type { Turn } from '../router/types';
import type { AnswerMetadata } from './answer-metadata';
import { readMetadata } from './answer-metadata';
import { countTokens } from './lm-messages';
import { earlierPaths, type Attachment, type ReadReferences } from './references';

const SYSTEM = [
  'You are a programming assistant that answers in the chat view of Visual Studio Code.',
  'Answer in Markdown. Put code into fenced blocks that name the language; show only what matters of long files.',
  'Files and selections that the user attached come before the question; say so when they do not hold the answer.',
].join(' ');

const MOST_HISTORY_TURNS = 40;
/** An attachment is cut down to no less than this before it is left out. */
const LEAST_ATTACHMENT_TOKENS = 64;

export interface ChatPrompt {
  readonly messages: readonly Message[];
  readonly tokens: number;
  /** What did not fit, in words. */
  readonly left: readonly string[];
}

export interface PromptSource {
  readonly question: string;
  readonly history: readonly Turn[];
  /** Workspace-relative paths of files that earlier questions attached. */
  readonly earlier: readonly string[];
  readonly references: ReadReferences;
}

/** Earlier turns as the models saw them: without the lines and buttons that are ours. */
export function historyTurns(history: readonly (vscode.ChatRequestTurn | vscode.ChatResponseTurn)[]): Turn[] {
  const turns: Turn[] = [];
  let attached: string[] = [];
  for (const turn of history) {
    if (turn instanceof vscode.ChatRequestTurn) attached = [...attached, ...earlierPaths([turn])];
    if (turn instanceof vscode.ChatRequestTurn) {
      if (turn.command === undefined && turn.prompt.trim() !== '') turns.push({ role: 'user', text: turn.prompt });
    } else if (turn.command === undefined) {
      const metadata = readMetadata(turn.result);
      const text = answerText(turn, metadata);
      // Of an answer that is not ours it is not known what its model could read.
      if (text !== '') turns.push({ role: 'assistant', text, files: metadata?.files ?? attached });
    }
  }
  return turns.slice(-MOST_HISTORY_TURNS);
}

function answerText(turn: vscode.ChatResponseTurn, metadata: AnswerMetadata | undefined): string {
  const spoken = turn.response.map((part) => (part instanceof vscode.ChatResponseMarkdownPart ? part.value.value : '')).join('');
  return (metadata?.ownText ?? []).reduce((text, own) => text.replace(own, ''), spoken).trim();
}

export function buildPrompt({ question, history, references }: PromptSource, budgetTokens: number): ChatPrompt {
  const system: Message = { role: 'system', parts: [{ type: 'text', text: SYSTEM }] };
  const bare: Message = { role: 'user', parts: [{ type: 'text', text: question }, ...references.images] };
  let room = budgetTokens - countTokens([system, bare]);
  const left: string[] = [];

  const attached: Part[] = [];
  for (const attachment of references.attachments) {
    const fitted = fit(attachment, room);
    if (fitted.note !== undefined) left.push(fitted.note);
    if (fitted.text === undefined) continue;
    attached.push({ type: 'text', text: fitted.text, ...(attachment.path === undefined ? {} : { files: [attachment.path] }) });
    room -= estimateTokens(fitted.text);
  }

  const kept: Message[] = [];
  for (const turn of [...history].reverse()) {
    const message = messageOf(turn);
    room -= countTokens([message]);
    if (room < 0) break;
    kept.unshift(message);
  }
  if (kept.length < history.length) left.push('earlier turns of this conversation');

  const messages = [system, ...startingWithUser(kept), { ...bare, parts: [...attached, ...bare.parts] }];
  return { messages, tokens: countTokens(messages), left };
}

function messageOf({ role, text, files }: Turn): Message {
  return { role, parts: [{ type: 'text', text, ...(files === undefined ? {} : { files }) }] };
}

function startingWithUser(messages: readonly Message[]): readonly Message[] {
  return messages[0]?.role === 'assistant' ? messages.slice(1) : messages;
}

function fit(attachment: Attachment, roomTokens: number): { text?: string; note?: string } {
  const whole = block(attachment, attachment.text);
  const needs = estimateTokens(whole);
  if (needs <= roomTokens) return { text: whole };
  const share = (roomTokens - LEAST_ATTACHMENT_TOKENS) / needs;
  if (roomTokens < 2 * LEAST_ATTACHMENT_TOKENS || share <= 0) return { note: attachment.title };
  const head = attachment.text.slice(0, Math.floor(attachment.text.length * share));
  return { text: block(attachment, `${head}\n… (cut)`), note: `the end of ${attachment.title}` };
}

function block({ title, language }: Attachment, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/gu)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${title}\n${fence}${language}\n${text}\n${fence}\n\n`;
}
