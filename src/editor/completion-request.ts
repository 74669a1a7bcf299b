// From VS Code's question to a request of the pipeline: the text around the cursor, and what is selected in the
// suggest widget; and back from a suggestion to VS Code's item.
import * as vscode from 'vscode';
import type { Completion, CompletionRequest } from '../completion/request';
import { commands } from './commands-table';
import { unix } from './line-breaks';
import { relative } from './references';

export interface AskedAt {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  readonly context: vscode.InlineCompletionContext;
}

/** Read on each side of the cursor: enough to count brackets, little enough for every key. */
const MOST_LINES = 1000;
const MOST_CHARS = 60_000;
/** Where imports stand. */
const HEAD_LINES = 200;
const HEAD_CHARS = 8000;

export function requestAt({ document, position, context }: AskedAt): CompletionRequest {
  const first = Math.max(0, position.line - MOST_LINES);
  const last = Math.min(document.lineCount - 1, position.line + MOST_LINES);
  const { text: chosen, range } = chosenAt({ document, position, context });
  const head = unix(document.getText(new vscode.Range(new vscode.Position(first, 0), range.start))) + chosen;
  const tail = unix(document.getText(new vscode.Range(range.end, document.lineAt(last).range.end)));
  const whole = first === 0 && last === document.lineCount - 1 && head.length <= MOST_CHARS && tail.length <= MOST_CHARS;
  return {
    document: document.uri.toString(),
    path: relative(document.uri),
    language: document.languageId,
    before: head.slice(-MOST_CHARS),
    after: tail.slice(0, MOST_CHARS),
    offset: document.offsetAt(range.start) - breaksBefore(document, range.start) + chosen.length,
    ...(first === 0 && head.length <= MOST_CHARS ? {} : { head: unix(document.getText(new vscode.Range(0, 0, HEAD_LINES, 0))).slice(0, HEAD_CHARS) }),
    whole,
    manual: context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke,
  };
}

/** What the suggest widget has selected, and would put in place of its range: ghost text must continue that. */
function chosenAt({ position, context }: AskedAt): { readonly text: string; readonly range: vscode.Range } {
  return context.selectedCompletionInfo ?? { text: '', range: new vscode.Range(position, position) };
}

/** With CRLF each line break counts two in VS Code and one here. */
function breaksBefore(document: vscode.TextDocument, { line }: vscode.Position): number {
  return document.eol === vscode.EndOfLine.CRLF ? line : 0;
}

export function itemOf(asked: AskedAt, { id, insertion }: Completion): vscode.InlineCompletionItem {
  const { document } = asked;
  const { text, replaces } = insertion;
  const chosen = chosenAt(asked);
  const insert = document.eol === vscode.EndOfLine.CRLF ? text.replace(/\n/gu, '\r\n') : text;
  const { start, end } = chosen.range;
  const item = new vscode.InlineCompletionItem(chosen.text + insert, new vscode.Range(start, end.translate(0, replaces)));
  item.command = { command: commands.inlineAccepted.id, title: commands.inlineAccepted.title, arguments: [id] };
  return item;
}
