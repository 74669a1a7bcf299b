// One request that VS Code hands to a model of ours: what is asked, and what the router gets to know of it.
import * as vscode from 'vscode';
import { isUsersTurn } from '../router/conversation';
import { mentionedPaths } from '../router/privacy/mentioned-paths';
import type { ChatCall, Message } from '../router/ports';
import type { Running } from '../router/choosing/running';
import { countTokens } from '../router/tokens';
import type { RouteRequest } from '../router/types';
import { newId } from './ids';
import { languagesOf } from './languages-of';
import { fromVscodeMessages, fromVscodeTools, needsOf } from './lm-messages';
import { turnsOf } from './message-turns';
import { choiceOf } from './picker-models';

export interface AgentTurn {
  /** Id of the picked model. */
  readonly picked: string;
  readonly call: Omit<ChatCall, 'candidate'>;
  /** False inside a tool loop: nobody but the host and its tools has spoken since the last answer. */
  readonly usersTurn: boolean;
}

export function readTurn(
  picked: string,
  messages: readonly vscode.LanguageModelChatRequestMessage[],
  options: vscode.ProvideLanguageModelChatResponseOptions,
): AgentTurn {
  const read = fromVscodeMessages(messages);
  return {
    picked,
    call: {
      messages: read,
      tools: fromVscodeTools(options.tools),
      toolMode: options.toolMode === vscode.LanguageModelChatToolMode.Required ? 'required' : 'auto',
      options: modelOptions(options.modelOptions ?? {}),
    },
    usersTurn: isUsersTurn(turnsOf(read)),
  };
}

/** VS Code's agent passes ids of its own along, all beginning with `_`; servers refuse options they do not know. */
function modelOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => !name.startsWith('_') && value !== undefined && value !== null));
}

export interface Situation {
  /** Id of the conversation. */
  readonly conversation: string;
  readonly running: Running | undefined;
}

export function requestOf({ picked, call }: AgentTurn, { conversation, running }: Situation): RouteRequest {
  const { messages, tools } = call;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const texts = messages.flatMap(textsOf);
  const paths = mentionedPaths(texts, folders.map(({ uri }) => uri.fsPath));
  return {
    id: newId(),
    surface: 'agent',
    turns: turnsOf(messages),
    conversation,
    inputTokens: countTokens(messages, tools),
    needs: needsOf(messages, tools),
    paths,
    texts,
    languages: languagesOf(paths),
    ...choiceOf(picked),
    ...(running === undefined ? {} : { running }),
  };
}

function textsOf({ parts }: Message): string[] {
  return parts.flatMap((part) => {
    if (part.type === 'text' || part.type === 'tool_result') return [part.text];
    return part.type === 'tool_call' ? [JSON.stringify(part.input ?? {})] : [];
  });
}
