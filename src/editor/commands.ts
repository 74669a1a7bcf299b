// What each command of the table does.
import * as vscode from 'vscode';
import type { Candidate } from '../router/types';
import { estimateTokens } from '../router/tokens';
import { isAbort } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { commands, type CommandName, type InlineCommand, type LocalModelCommand, type OllamaCommand, type PrivacyCommand, type SpendingCommand } from './commands-table';
import { connectServer, type ConnectDeps } from './connect';
import { correctRoute, forgetCorrections, type CorrectDeps } from './correct-route';
import type { DecisionLog, DecisionView } from './decision-log';
import type { Dispatch } from './dispatch';
import type { Feedback } from './feedback';
import { newDryId } from './ids';
import { exportRoutes, importRoutes, type PlanoDeps } from './plano';
import type { Output } from './output';
import { relative } from './references';

export interface CommandDeps extends ConnectDeps, PlanoDeps, CorrectDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly view: DecisionView;
  readonly feedback: Feedback;
  readonly output: Output;
  readonly log: Log;
}

type Handler = (...args: unknown[]) => unknown;

const WALKTHROUGH = 'fairlead.fairlead#start';

export function registerCommands(deps: CommandDeps): vscode.Disposable {
  const handlers: Record<Exclude<CommandName, InlineCommand | LocalModelCommand | OllamaCommand | PrivacyCommand | SpendingCommand>, Handler> = {
    connectServer: () => connectServer(deps),
    storeApiKey: (baseUrl) => deps.keys.askAndStore(typeof baseUrl === 'string' ? baseUrl : undefined),
    removeApiKey: () => deps.keys.askAndRemove(),
    findModels: () => findModels(deps),
    routeText: (text) => routeText(deps, text),
    importRoutes: () => importRoutes(deps),
    exportRoutes: () => exportRoutes(deps),
    correctRoute: (id) => correctRoute(deps, id),
    forgetCorrections: () => forgetCorrections(deps),
    showLastDecision: () => deps.view.show(),
    showOutput: () => {
      deps.output.show();
    },
    openSettings: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:fairlead.fairlead'),
    openWalkthrough: () => vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH, false),
    showDecision: (id) => deps.view.show(id),
    helpful: (id) => {
      deps.feedback.pressed(id, 1);
    },
    unhelpful: (id) => {
      deps.feedback.pressed(id, 0);
    },
  };
  return registerHandlers(deps.log, handlers);
}

export function registerHandlers(log: Log, handlers: Partial<Record<CommandName, Handler>>): vscode.Disposable {
  const entries = Object.entries(handlers) as [CommandName, Handler][];
  return vscode.Disposable.from(
    ...entries.map(([name, handler]) => vscode.commands.registerCommand(commands[name].id, guarded(log, name, handler))),
  );
}

/** A command that fails says so once, with the way to the details. */
function guarded(log: Log, name: CommandName, handler: Handler): Handler {
  return async (...args) => {
    try {
      return await handler(...args);
    } catch (error) {
      if (isAbort(error)) return undefined;
      log.error(`${commands[name].id}: ${messageOf(error)}`);
      void vscode.window.showErrorMessage(`Fairlead: ${messageOf(error)}`);
      return undefined;
    }
  };
}

async function findModels({ dispatch }: CommandDeps): Promise<void> {
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Fairlead: looking for models…' },
    () => dispatch.look(),
  );
  await showModels(dispatch.candidates('chat'));
}

async function showModels(candidates: readonly Candidate[]): Promise<void> {
  const usable = candidates.filter(({ unavailable }) => unavailable === undefined);
  if (candidates.length === 0) {
    const connect = 'Connect a Server';
    const download = 'Download a Model';
    const text = 'Fairlead: no model server answers on this machine. Start Ollama, LM Studio, llama-server or vLLM and look again, connect a server by its address, or download a model that needs no server.';
    const choice = await vscode.window.showInformationMessage(text, connect, download);
    if (choice === download) await vscode.commands.executeCommand(commands.downloadModel.id);
    if (choice === connect) await vscode.commands.executeCommand(commands.connectServer.id);
    return;
  }
  const items = [...candidates]
    .sort((a, b) => Number(a.unavailable !== undefined) - Number(b.unavailable !== undefined))
    .map((candidate): vscode.QuickPickItem => {
      const icon = candidate.unavailable === undefined ? '$(pass)' : '$(circle-slash)';
      return {
        label: `${icon} ${candidate.id}`,
        description: `${candidate.locality === 'local' ? 'on this machine' : 'hosted'} · ${candidate.endpoint}`,
        ...(candidate.unavailable === undefined ? {} : { detail: candidate.unavailable }),
      };
    });
  await vscode.window.showQuickPick(items, {
    title: `${String(usable.length)} of ${String(candidates.length)} models can be used now`,
    placeHolder: 'Models that Fairlead may choose',
  });
}

async function routeText({ dispatch, view }: CommandDeps, given: unknown): Promise<void> {
  const text =
    typeof given === 'string'
      ? given
      : await vscode.window.showInputBox({
          title: 'Route a Text (Dry Run)',
          prompt: 'Only the decision: nothing is sent to a model.',
          placeHolder: 'why does this test fail?',
          ignoreFocusOut: true,
        });
  if (text === undefined || text.trim() === '') return;
  const document = vscode.window.activeTextEditor?.document;
  const { decision } = await dispatch.decide(
    {
      id: newDryId(),
      surface: 'chat',
      turns: [{ role: 'user', text }],
      inputTokens: estimateTokens(text),
      needs: [],
      paths: document ? [relative(document.uri)] : [],
      languages: document ? [document.languageId] : [],
    },
    document?.uri,
    new AbortController().signal,
  );
  await view.show(decision.id);
}
