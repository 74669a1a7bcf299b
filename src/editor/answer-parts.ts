// The parts of an answer that are ours and not the model's: head, notices, buttons, errors.
import * as vscode from 'vscode';
import { escapeMarkdown } from '../router/explain';
import { messageOf, type RouterError } from '../shared/errors';
import type { Log } from '../shared/log';
import { commands, type CommandName } from './commands-table';
import { nextSteps } from './next-steps';

/** Writes lines of ours and remembers them, so that later turns can leave them out. */
export interface OwnWords {
  say(markdown: string): void;
  readonly said: string[];
}

export function ownWords(stream: vscode.ChatResponseStream): OwnWords {
  const said: string[] = [];
  return {
    said,
    say: (markdown) => {
      said.push(markdown);
      stream.markdown(new vscode.MarkdownString(markdown, true));
    },
  };
}

export function button(stream: vscode.ChatResponseStream, name: CommandName, args: readonly unknown[] = []): void {
  const { id, title } = commands[name];
  stream.button({ command: id, title: title.replace(/…$/u, ''), arguments: [...args] });
}

export function whyButton(stream: vscode.ChatResponseStream, decisionId: string): void {
  stream.button({ command: commands.showDecision.id, title: 'Why?', arguments: [decisionId] });
}

export function feedbackButtons(stream: vscode.ChatResponseStream, decisionId: string): void {
  for (const name of ['helpful', 'unhelpful'] as const) button(stream, name, [decisionId]);
}

export function switchedLine(from: string, to: string, error: RouterError): string {
  return `$(warning) **${escapeMarkdown(from)}** could not answer: ${escapeMarkdown(sentence(error))} **${escapeMarkdown(to)}** answers instead.\n\n`;
}

export function mismatchLine(announced: string, executed: string): string {
  return `\n\n$(warning) Asked for **${escapeMarkdown(announced)}**, but the server says that **${escapeMarkdown(executed)}** answered.\n\n`;
}

/** VS Code shows the message below what was streamed; the buttons say what can be done. */
export function errorResult(error: unknown, stream: vscode.ChatResponseStream, log: Log): vscode.ChatResult {
  const { message, commands: offered } = nextSteps(error);
  log.warn(message);
  for (const name of offered) button(stream, name);
  return { errorDetails: { message } };
}

function sentence(error: unknown): string {
  const text = messageOf(error).trim();
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}
