// Ghost text: VS Code's provider over the pipeline in completion/. Never waits for a classifier.
import * as vscode from 'vscode';
import { createCompleter, type Completer } from '../completion/completer';
import { createPaceMeter, type PaceMeter } from '../completion/pace-meter';
import { isSkipped, type Completion, type Skipped } from '../completion/request';
import type { Syntax } from '../completion/syntax';
import type { EventStore } from '../learning/events';
import type { FimCall } from '../router/ports';
import type { Pace } from '../router/choosing/pace';
import type { GlobMatcher } from '../router/choosing/rules';
import { isAbort, sleep } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { registerCompletionCommands } from './completion-commands';
import { createCompletionContext, type CompletionContext } from './completion-context';
import { createCompletionFeedback, type CompletionFeedback } from './completion-feedback';
import { createLeaving, type Leaving } from './completion-leaving';
import { createPlanner, type Planner } from './completion-plan';
import { itemOf, requestAt, type AskedAt } from './completion-request';
import { createRivalHint } from './completion-rivals';
import { createBattery, type Battery, type ReadPower } from './completion-battery';
import { createCompletionPreference, type CompletionPreference } from './completion-preference';
import { createCompletionSwitch, type CompletionSwitch } from './completion-switch';
import type { DecisionLog, DecisionView } from './decision-log';
import type { Dispatch } from './dispatch';
import { DOCUMENT_SCHEMES } from './document-schemes';
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
  readonly power: ReadPower;
  readonly syntax: Syntax;
  readonly log: Log;
}

export function registerInline(deps: InlineDeps): vscode.Disposable {
  const battery = createBattery(deps.power);
  const meter = createPaceMeter(() => performance.now());
  const preference = createCompletionPreference(deps.memory);
  const onOff = createCompletionSwitch({ ...deps, battery });
  const status = createInlineStatus({ settings: deps.settings, onOff });
  const feedback = createCompletionFeedback({ ...deps, heard: preference.heard });
  const context = createCompletionContext(deps);
  const rivals = createRivalHint(deps);
  const planner = createPlanner({ ...deps, pace: (language) => paceIn(language, { battery, meter, preference }) });
  const completer = buildCompleter({ ...deps, status, feedback, context, meter }, planner);
  const leaving = createLeaving(() => {
    completer.cancel();
  });
  const provider = buildProvider({ ...deps, onOff, status, feedback, completer, meter, leaving, hintAtRival: rivals.look });
  return vscode.Disposable.from(
    onOff,
    status,
    feedback,
    context,
    leaving,
    rivals,
    vscode.languages.registerInlineCompletionItemProvider(DOCUMENT_SCHEMES.map((scheme) => ({ scheme })), provider),
    registerCompletionCommands({ ...deps, completer, feedback, onOff }),
    endings(deps.settings, { onOff, completer }),
  );
}

/** What ends requests that are under way, and takes ghost text off the screen. */
function endings(settings: SettingsStore, { onOff, completer }: Pick<ProviderDeps, 'onOff' | 'completer'>): vscode.Disposable {
  const hideWhereOff = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    if (document && onOff.whyOff(document) !== undefined) void vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  };
  return vscode.Disposable.from(
    settings.onDidChange(() => {
      completer.clear();
      hideWhereOff();
    }),
    onOff.onDidChange(() => {
      completer.cancel();
      hideWhereOff();
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

interface PaceSources {
  readonly battery: Battery;
  readonly meter: PaceMeter;
  readonly preference: CompletionPreference;
}

function paceIn(language: string, { battery, meter, preference }: PaceSources): Pace {
  const pauseMs = meter.pauseMs();
  return {
    onBattery: battery.isUsed(),
    firstTextMs: meter.firstTextMs(),
    ...(pauseMs === undefined ? {} : { pauseMs }),
    proven: preference.provenIn(language),
  };
}

interface ProviderDeps extends InlineDeps {
  readonly onOff: CompletionSwitch;
  readonly status: InlineStatus;
  readonly feedback: CompletionFeedback;
  readonly completer: Completer;
  readonly meter: PaceMeter;
  readonly leaving: Leaving;
  readonly hintAtRival: () => void;
}

function buildProvider(deps: ProviderDeps): vscode.InlineCompletionItemProvider {
  const { onOff, completer, meter, leaving, log } = deps;
  return {
    provideInlineCompletionItems: (document, position, context, token) => {
      const byHand = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      if (!byHand) meter.key();
      leaving.asked({ document, position }, token);
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
  readonly meter: PaceMeter;
}

function buildCompleter({ dispatch, settings, status, feedback, context, meter, syntax, log }: CompleterDeps, planner: Planner): Completer {
  return createCompleter({
    now: () => performance.now(),
    sleep,
    newId,
    syntax,
    // A key in some other open file is no reason to keep this one here.
    context: async (request, signal) => dispatch.withoutSecrets(await context.gather(request, signal), vscode.Uri.parse(request.document), signal),
    worthShowing: feedback.worthShowing,
    route: planner.plan,
    fill: (call, signal) => {
      tracePrompt(call, settings, log);
      return meter.watch(call.candidate.id, dispatch.fill(call, signal), signal);
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
