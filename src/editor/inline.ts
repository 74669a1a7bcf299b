// Ghost text: VS Code's provider over the pipeline in completion/. Never waits for a classifier.
import * as vscode from 'vscode';
import { createCompleter, type Completer } from '../completion/completer';
import { isSkipped, type Completion, type Skipped } from '../completion/request';
import type { Syntax } from '../completion/syntax';
import type { EventStore } from '../learning/events';
import type { FimCall } from '../router/ports';
import type { GlobMatcher } from '../router/choosing/rules';
import { isAbort, sleep } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { registerCompletionCommands } from './completion-commands';
import { createCompletionContext, type CompletionContext } from './completion-context';
import { createCompletionFeedback, type CompletionFeedback } from './completion-feedback';
import { createPlanner, type Planner } from './completion-plan';
import { itemOf, requestAt, type AskedAt } from './completion-request';
import { createRivalHint } from './completion-rivals';
import { createCompletionSwitch, type CompletionSwitch, type SwitchDeps } from './completion-switch';
import type { DecisionLog, DecisionView } from './decision-log';
import type { Dispatch } from './dispatch';
import { newId } from './ids';
import { createInlineStatus, type InlineStatus } from './inline-status';
import type { SettingsStore } from './settings-store';

export interface InlineDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly settings: SettingsStore;
  readonly view: DecisionView;
  readonly events: EventStore;
  readonly memory: vscode.Memento;
  readonly matches: GlobMatcher;
  readonly power: SwitchDeps['power'];
  readonly syntax: Syntax;
  readonly log: Log;
}

/** Documents of editors; the chat input, the output channel and diffs of git are other schemes. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell', 'vscode-vfs', 'vscode-test-web'];

export function registerInline(deps: InlineDeps): vscode.Disposable {
  const onOff = createCompletionSwitch(deps);
  const status = createInlineStatus({ settings: deps.settings, onOff });
  const feedback = createCompletionFeedback(deps);
  const context = createCompletionContext(deps);
  const completer = buildCompleter({ ...deps, status, feedback, context }, createPlanner(deps));
  const provider = buildProvider({ ...deps, onOff, status, feedback, completer, hintAtRival: createRivalHint(deps) });
  return vscode.Disposable.from(
    onOff,
    status,
    feedback,
    context,
    vscode.languages.registerInlineCompletionItemProvider(SCHEMES.map((scheme) => ({ scheme })), provider),
    registerCompletionCommands({ ...deps, feedback, onOff }),
    deps.settings.onDidChange(() => {
      completer.clear();
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      completer.clear(uri.toString());
    }),
    {
      dispose: () => {
        completer.cancel();
      },
    },
  );
}

interface ProviderDeps extends InlineDeps {
  readonly onOff: CompletionSwitch;
  readonly status: InlineStatus;
  readonly feedback: CompletionFeedback;
  readonly completer: Completer;
  readonly hintAtRival: () => void;
}

function buildProvider(deps: ProviderDeps): vscode.InlineCompletionItemProvider {
  const { onOff, completer, log } = deps;
  return {
    provideInlineCompletionItems: (document, position, context, token) => {
      const byHand = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      if (onOff.whyOff(document, byHand) !== undefined) {
        completer.cancel();
        return [];
      }
      return withSignal(token, (signal) => provide(deps, { document, position, context }, signal)).catch((error: unknown) => {
        if (!isAbort(error)) log.warn(`ghost text: ${messageOf(error)}`);
        return [];
      });
    },
  };
}

async function provide(deps: ProviderDeps, asked: AskedAt, signal: AbortSignal): Promise<vscode.InlineCompletionItem[]> {
  const { completer, feedback, log, syntax } = deps;
  syntax.prepare(asked.document.languageId);
  const request = requestAt(asked);
  const outcome = await completer.complete(request, signal);
  if (isSkipped(outcome)) {
    log.debug(`no ghost text: ${outcome.detail ?? outcome.skipped}`);
    tellStatus(deps, outcome);
    return [];
  }
  deps.decisions.servedBy(outcome.decisionId, outcome.model);
  feedback.offered(outcome, request);
  deps.hintAtRival();
  completer.askAhead(outcome, request);
  void showMore(asked, outcome);
  return [itemOf(asked, outcome)];
}

interface CompleterDeps extends InlineDeps {
  readonly status: InlineStatus;
  readonly feedback: CompletionFeedback;
  readonly context: CompletionContext;
}

function buildCompleter({ dispatch, settings, status, feedback, context, syntax, log }: CompleterDeps, planner: Planner): Completer {
  return createCompleter({
    now: () => performance.now(),
    sleep,
    newId,
    syntax,
    context: context.gather,
    worthShowing: feedback.worthShowing,
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

function tellStatus({ status }: ProviderDeps, { skipped, detail }: Skipped): void {
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
