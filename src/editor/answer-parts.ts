// The parts of an answer that are ours and not the model's: head, notices, feedback, buttons, errors.
// VS Code folds everything before the last run of markdown into "Completed n steps", so the head may have no
// button part and no progress after it; its buttons are command links.
import * as vscode from 'vscode';
import { escapeMarkdown } from '../router/explain';
import { heldBackText } from '../router/privacy/explain-privacy';
import type { HeldBack } from '../router/ports';
import { messageOf, type RouterError } from '../shared/errors';
import type { Log } from '../shared/log';
import { commands, type CommandName } from './commands-table';
import { nextSteps } from './next-steps';

/** Writes lines of ours and remembers them, so that later turns can leave them out. */
export interface OwnWords {
  say(markdown: string): void;
  readonly said: string[];
}

const PROGRESS_AFTER_MS = 700;
const LINKED: readonly CommandName[] = ['showDecision', 'helpful', 'unhelpful', 'correctRoute'];

export function ownWords(stream: vscode.ChatResponseStream): OwnWords {
  const said: string[] = [];
  return {
    said,
    say: (markdown) => {
      said.push(markdown);
      const text = new vscode.MarkdownString(markdown, true);
      text.isTrusted = { enabledCommands: LINKED.map((name) => commands[name].id) };
      stream.markdown(text);
    },
  };
}

/** A button of its own row, for what the user should do next. */
export function button(stream: vscode.ChatResponseStream, name: CommandName): void {
  const { id, title } = commands[name];
  stream.button({ command: id, title: title.replace(/…$/u, '') });
}

/** `label` as a button inside a line. */
function inlineButton(name: CommandName, label: string, decisionId: string): string {
  const { id, title } = commands[name];
  return `[${label}](command:${id}?${encodeURIComponent(JSON.stringify([decisionId]))} "${title}")`;
}

export function headLine(headline: string, decisionId: string): string {
  return `${headline} · ${inlineButton('showDecision', 'Why?', decisionId)}\n\n`;
}

/** Two icons in one paragraph would be read as a formula between dollar signs. */
export function feedbackLine(decisionId: string): string {
  const helpful = inlineButton('helpful', 'Helpful', decisionId);
  const unhelpful = inlineButton('unhelpful', 'Unhelpful', decisionId);
  return `\n\n${helpful} · ${unhelpful} · ${inlineButton('correctRoute', 'Wrong route?', decisionId)}`;
}

/** Says what takes time only when it does: each line of progress stays in the answer as a step. */
export async function withLateProgress<T>(stream: vscode.ChatResponseStream, text: string, work: () => Promise<T>): Promise<T> {
  const late = setTimeout(() => {
    stream.progress(text);
  }, PROGRESS_AFTER_MS);
  try {
    return await work();
  } finally {
    clearTimeout(late);
  }
}

export function switchedLine(from: string, to: string, error: RouterError): string {
  return `$(warning) **${escapeMarkdown(from)}** could not answer: ${escapeMarkdown(sentence(error))} **${escapeMarkdown(to)}** answers instead.\n\n`;
}

/** What a hosted model did not get to see. */
export function heldBackLine(held: HeldBack): string {
  return `$(shield) Stayed on this machine: ${escapeMarkdown(heldBackText(held))}.\n\n`;
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
