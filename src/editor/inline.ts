// Ghost text: VS Code's provider over the pipeline in completion/. Never waits for a classifier.
import * as vscode from 'vscode';
import { createCompleter, type Completer } from '../completion/completer';
import { isSkipped, type Completion, type Skipped } from '../completion/request';
import type { Syntax } from '../completion/syntax';
import type { FimCall } from '../router/ports';
import { isAbort, sleep } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { createPlanner, type Planner } from './completion-plan';
import { itemOf, requestAt, type AskedAt } from './completion-request';
import type { DecisionLog } from './decision-log';
import type { Dispatch } from './dispatch';
import { newId } from './ids';
import type { InlineStatus } from './inline-status';
import type { SettingsStore } from './settings-store';

export interface InlineDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly settings: SettingsStore;
  readonly status: InlineStatus;
  readonly syntax: Syntax;
  readonly log: Log;
}

/** Documents of editors; the chat input, the output channel and diffs of git are other schemes. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell', 'vscode-vfs', 'vscode-test-web'];

export function registerInline(deps: InlineDeps): vscode.Disposable {
  const { settings, log, syntax } = deps;
  const completer = buildCompleter(deps, createPlanner(deps));
  const provide = async (asked: AskedAt, signal: AbortSignal): Promise<vscode.InlineCompletionItem[]> => {
    syntax.prepare(asked.document.languageId);
    const request = requestAt(asked);
    const outcome = await completer.complete(request, signal);
    if (isSkipped(outcome)) {
      log.debug(`no ghost text: ${outcome.detail ?? outcome.skipped}`);
      tellStatus(deps, outcome);
      return [];
    }
    deps.decisions.servedBy(outcome.decisionId, outcome.model);
    completer.askAhead(outcome, request);
    void showMore(asked, outcome);
    return [itemOf(asked, outcome)];
  };
  const provider: vscode.InlineCompletionItemProvider = {
    provideInlineCompletionItems: (document, position, context, token) => {
      if (!settings.inlineEnabled(document)) return [];
      return withSignal(token, (signal) => provide({ document, position, context }, signal)).catch((error: unknown) => {
        if (!isAbort(error)) log.warn(`ghost text: ${messageOf(error)}`);
        return [];
      });
    },
  };
  return vscode.Disposable.from(
    vscode.languages.registerInlineCompletionItemProvider(SCHEMES.map((scheme) => ({ scheme })), provider),
    { dispose: () => completer.cancel() },
  );
}

function buildCompleter({ dispatch, settings, status, syntax, log }: InlineDeps, planner: Planner): Completer {
  return createCompleter({
    now: () => performance.now(),
    sleep,
    newId,
    syntax,
    context: () => Promise.resolve([]),
    route: planner.plan,
    fill: (call, signal) => {
      tracePrompt(call, settings, log);
      return dispatch.fill(call, signal);
    },
    asked: (candidate, state) => {
      if (state === 'asking') status.asking(candidate.id);
      else if (state === 'answered') status.answered(candidate.id);
      else {
        planner.failed(candidate);
        status.idle(`${candidate.id}: ${state.failed}`);
      }
    },
    mostWaitMs: () => settings.for().inline.debounceMs,
    maxTokens: () => settings.for().inline.maxTokens,
  });
}

function tracePrompt({ prefix, suffix }: FimCall, settings: SettingsStore, log: Log): void {
  if (settings.for().logPrompts) log.trace('ghost text prompt', prefix, suffix);
}

function tellStatus({ status }: InlineDeps, { skipped, detail }: Skipped): void {
  if (skipped === 'no_model') status.idle(detail ?? 'no model can fill in the middle');
}

/** What came after the first lines were shown: VS Code asks again, and the cache answers. */
async function showMore({ document, position }: AskedAt, { more }: Completion): Promise<void> {
  const { version } = document;
  if ((await more) !== true) return;
  const editor = vscode.window.activeTextEditor;
  const same = editor?.document === document && document.version === version && editor.selection.active.isEqual(position);
  if (same) await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}
