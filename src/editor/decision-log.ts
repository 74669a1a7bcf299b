// The decisions of this session: remembered by id, one line each in the output channel, and shown as a document.
import * as vscode from 'vscode';
import { explain, logLine } from '../router/explain';
import type { LedgerRow, LedgerSink } from '../router/spending/ledger';
import type { DecisionSink } from '../router/ports';
import { requestText } from '../router/told';
import type { Candidate, Decision } from '../router/types';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import type { Ending } from './ending';
import { isDry } from './ids';

const KEPT = 200;
/** An agent makes one per step. */
const KEPT_REQUESTS = 50;
const SCHEME = 'fairlead-decision';

export interface DecisionLog extends Ending {
  readonly sink: DecisionSink;
  get(id: string): Decision | undefined;
  /** The newest decision that was carried out, ghost text apart. */
  last(): Decision | undefined;
  lastInline(): Decision | undefined;
  /** What really answered, when that is known: another model than the decision's after a fallback. */
  servedBy(id: string, model: string): void;
  served(id: string): string | undefined;
  /** A request to a model has ended. */
  readonly asked: LedgerSink;
  /** The requests that were made for a decision, oldest first. */
  requests(id: string): readonly LedgerRow[];
  readonly onDidChange: vscode.Event<Decision>;
}

export function createDecisionLog({ log }: { readonly log: Log }): DecisionLog {
  const decisions = new Map<string, Decision>();
  const served = new Map<string, string>();
  const requests = new Map<string, LedgerRow[]>();
  const changed = new vscode.EventEmitter<Decision>();
  let last: Decision | undefined;
  let lastInline: Decision | undefined;

  function remember(decision: Decision): void {
    decisions.set(decision.id, decision);
    for (const id of decisions.keys()) {
      if (decisions.size <= KEPT) break;
      decisions.delete(id);
      served.delete(id);
      requests.delete(id);
    }
  }

  return {
    sink: (decision) => {
      remember(decision);
      if (decision.surface === 'inline') {
        lastInline = decision;
        log.debug(logLine(decision));
      } else {
        if (!isDry(decision.id)) last = decision;
        log.info(logLine(decision));
      }
      changed.fire(decision);
    },
    get: (id) => decisions.get(id),
    last: () => last,
    lastInline: () => lastInline,
    servedBy: (id, model) => {
      const decision = decisions.get(id);
      if (!decision || (served.get(id) ?? decision.model) === model) return;
      served.set(id, model);
      changed.fire(decision);
    },
    served: (id) => served.get(id),
    asked: (row) => {
      log[row.surface === 'inline' ? 'trace' : 'debug'](`[${row.decisionId}] ${requestText(row)}`);
      if (!decisions.has(row.decisionId)) return;
      requests.set(row.decisionId, [...(requests.get(row.decisionId) ?? []), row].slice(-KEPT_REQUESTS));
    },
    requests: (id) => requests.get(id) ?? [],
    onDidChange: changed.event,
    dispose: () => {
      changed.dispose();
    },
  };
}

export interface DecisionViewDeps {
  readonly decisions: DecisionLog;
  readonly candidates: () => readonly Candidate[];
  readonly log: Log;
}

export interface DecisionView extends Ending {
  /** Opens a decision, the newest when no id is given, as a rendered page. */
  show(id?: unknown): Promise<void>;
}

/** The virtual document behind "Why?". */
export function registerDecisionView({ decisions, candidates, log }: DecisionViewDeps): DecisionView {
  const find = (id: unknown): Decision | undefined =>
    typeof id === 'string' ? decisions.get(id) : (decisions.last() ?? decisions.lastInline());

  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => {
      const decision = decisions.get(uri.query);
      return decision ? explain(decision, candidates(), decisions.requests(decision.id)) : 'This decision is no longer remembered.';
    },
  });

  return {
    show: async (id) => {
      const decision = find(id);
      if (!decision) {
        const text = typeof id === 'string' ? 'That decision was made in an earlier session.' : 'Nothing was routed yet.';
        void vscode.window.showInformationMessage(`Fairlead: ${text} Ask @fairlead something, or route a text.`);
        return;
      }
      const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title(decision)}.md`, query: decision.id });
      await openRendered(uri, log);
    },
    dispose: () => {
      provider.dispose();
    },
  };
}

function title(decision: Decision): string {
  const name = decision.model ?? 'no model';
  return `Why ${name.replace(/[\\/]/gu, '·')}`;
}

/** Rendered by the Markdown extension that comes with VS Code; as text where somebody switched it off. */
export async function openRendered(uri: vscode.Uri, log: Log): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch (error) {
    log.debug(`the Markdown preview is not available: ${messageOf(error)}`);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }
}
