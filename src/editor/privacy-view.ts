// “What May Leave This Machine?”: the page for the file in front of the user, and the lock in its language status.
import * as vscode from 'vscode';
import { leaveReport, leaving, type FileFacts, type LeaveInput } from '../router/privacy/leave-report';
import { countSecrets } from '../router/privacy/outgoing';
import type { Candidate } from '../router/types';
import { withDeadline } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { registerHandlers } from './commands';
import { commands } from './commands-table';
import { openRendered } from './decision-log';
import { openFolders, type Privacy } from './privacy';
import { relative } from './references';
import type { SettingsStore } from './settings-store';
import { soon } from './soon';

const SCHEME = 'fairlead-privacy';
const PAGE = vscode.Uri.from({ scheme: SCHEME, path: '/What May Leave.md' });
const SEARCH_MS = 2000;

export interface PrivacyViewDeps {
  readonly privacy: Privacy;
  readonly settings: SettingsStore;
  readonly candidates: () => readonly Candidate[];
  readonly onDidChangePool: vscode.Event<void>;
  readonly log: Log;
}

export function registerPrivacyView(deps: PrivacyViewDeps): vscode.Disposable {
  let page = '';
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: () => page,
  });
  const handlers = registerHandlers(deps.log, {
    whatMayLeave: async () => {
      const document = vscode.window.activeTextEditor?.document;
      page = leaveReport(inputFor(deps, document, document && (await factsOf(deps, document))));
      changed.fire(PAGE);
      await openRendered(PAGE, deps.log);
    },
  });
  return vscode.Disposable.from(changed, provider, handlers, registerLock(deps));
}

/** The facts without a search: for the lock, which is drawn at each change of the editor. */
function namedFacts(document: vscode.TextDocument): FileFacts {
  return { path: relative(document.uri), language: document.languageId, secrets: [] };
}

async function factsOf({ privacy, log }: PrivacyViewDeps, document: vscode.TextDocument): Promise<FileFacts> {
  const { signal } = new AbortController();
  try {
    const found = await withDeadline(SEARCH_MS, signal, (inner) => privacy.outgoing.findSecrets([document.getText()], inner));
    return { ...namedFacts(document), secrets: countSecrets(found.flat()) };
  } catch (error) {
    log.warn(`the file could not be searched for secrets: ${messageOf(error)}`);
    return { ...namedFacts(document), secrets: undefined };
  }
}

function inputFor({ privacy, settings, candidates }: PrivacyViewDeps, document: vscode.TextDocument | undefined, file: FileFacts | undefined): LeaveInput {
  const { rules, secrets } = settings.for(document?.uri);
  return {
    file,
    candidates: candidates(),
    rules,
    privacy: privacy.policyFor(document?.uri),
    secretsMode: secrets,
    workspace: openFolders(),
    trusted: vscode.workspace.isTrusted,
  };
}

function registerLock(deps: PrivacyViewDeps): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('fairlead.privacy', [{ scheme: '*' }]);
  item.name = 'Fairlead privacy';
  item.command = { command: commands.whatMayLeave.id, title: 'Why?' };
  const draw = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    if (!document) return;
    const { mayLeave, glob, rules } = leaving(inputFor(deps, document, namedFacts(document)));
    item.text = mayLeave ? '$(unlock) May go to hosted models' : '$(lock) Stays on this machine';
    item.detail = glob?.glob ?? rules[0]?.label ?? '';
    item.accessibilityInformation = { label: mayLeave ? 'Fairlead: this file may go to hosted models' : 'Fairlead: this file stays on this machine' };
  };
  return vscode.Disposable.from(item, soon(draw), deps.settings.onDidChange(draw), deps.onDidChangePool(draw), vscode.window.onDidChangeActiveTextEditor(draw));
}
