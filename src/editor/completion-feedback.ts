// What users did with ghost text: what VS Code shows of it goes to the tracker, what the tracker concludes is stored
// and teaches the filter. The filter's state is a few numbers, kept on this machine.
import * as vscode from 'vscode';
import type { CacheHit } from '../completion/cache';
import { firstLineOf, lastLineOf, shapeOf } from '../completion/place';
import type { Completion, CompletionRequest } from '../completion/request';
import { createOutcomeTracker, type Outcome, type OutcomeTracker } from '../learning/completion-outcomes';
import type { EventStore } from '../learning/events';
import { EMPTY_FILTER, isWorthShowing, learnOutcome, type FilterState, type ShowFacts } from '../learning/show-filter';
import type { Log } from '../shared/log';
import type { Ending } from './ending';
import { unix } from './line-breaks';

export interface CompletionFeedbackDeps {
  readonly events: EventStore;
  readonly memory: vscode.Memento;
  /** Told of every outcome. */
  readonly heard: (outcome: Outcome) => void;
  readonly log: Log;
}

export interface CompletionFeedback extends Ending {
  readonly worthShowing: (hit: CacheHit, request: CompletionRequest) => boolean;
  readonly offered: (completion: Completion, request: CompletionRequest) => void;
  readonly accepted: (id: unknown) => void;
  /** What may be on screen. */
  readonly current: OutcomeTracker['current'];
  /** The user does not want what is on screen; its id, undefined when nothing is. */
  readonly refused: () => string | undefined;
  /** Runs one of VS Code's commands that insert a part; what it inserts counts as taken. */
  readonly takePart: (command: string) => Promise<void>;
}

const FILTER_KEY = 'fairlead.inline.filter';
/** True while a suggestion of ours may be on screen; our key bindings hold only then. */
const CONTEXT_KEY = 'fairlead.completionOffered';
const NEAR_CHARS = 1500;
const MOST_FACTS = 200;
const WANTED_FROM = 0.3;

export function createCompletionFeedback({ events, memory, heard, log }: CompletionFeedbackDeps): CompletionFeedback {
  let filter = memory.get<FilterState>(FILTER_KEY) ?? EMPTY_FILTER;
  let asked = 0;
  let taking = false;
  const factsOf = new Map<string, ShowFacts>();
  const tracker = createOutcomeTracker({ record, after, textNear });

  function record(outcome: Outcome): void {
    const { kind, offer, value, certainty } = outcome;
    const { decisionId, model } = offer;
    const facts = factsOf.get(offer.id);
    events.record({ at: Date.now(), decisionId, value, source: kind, surface: 'inline', route: undefined, model, certainty, sureness: facts?.sureness });
    log.debug(`[${decisionId}] ghost text ${kind}, ${String(Math.round(value * 100))} %, sure to ${String(certainty)}`);
    heard(outcome);
    if (!facts || kind === 'shown' || kind === 'kept') return;
    filter = learnOutcome(filter, facts, value >= WANTED_FROM);
    void memory.update(FILTER_KEY, filter);
  }

  const listening = watchEditor(tracker, () => taking);
  return {
    worthShowing: ({ entry, insertion, typed }, request) => {
      asked += 1;
      return isWorthShowing(filter, factsFor(request, insertion.text, { typed, sureness: entry.sureness }), asked);
    },
    offered: ({ id, decisionId, model, insertion, typed, sureness }, request) => {
      remember(factsOf, id, factsFor(request, insertion.text, { typed, sureness }));
      tracker.offered({ id, decisionId, model, document: request.document, offset: request.offset, text: insertion.text });
      setContext(true);
    },
    accepted: (id) => {
      if (typeof id === 'string') tracker.accepted(id);
      setContext(false);
    },
    current: tracker.current,
    refused: () => refused(tracker),
    takePart: async (command) => {
      taking = true;
      try {
        await vscode.commands.executeCommand(command);
      } finally {
        taking = false;
      }
    },
    dispose: () => {
      listening.dispose();
      tracker.dispose();
    },
  };
}

function refused(tracker: OutcomeTracker): string | undefined {
  const id = tracker.current()?.id;
  tracker.dismissed();
  setContext(false);
  return id;
}

function watchEditor(tracker: OutcomeTracker, isTaking: () => boolean): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const offer = tracker.current();
      const [change] = contentChanges;
      if (offer?.document !== document.uri.toString() || !change) return;
      if (contentChanges.length > 1) {
        tracker.dismissed();
        return;
      }
      const text = withoutPartner(unix(change.text));
      if (isTaking()) tracker.took(offer.id, text.length);
      tracker.inserted(offer.document, offsetIn(document, change.range.start), text);
      if (!tracker.current()) setContext(false);
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const offer = tracker.current();
      const [selection] = selections;
      if (offer?.document !== textEditor.document.uri.toString() || !selection) return;
      const at = offsetIn(textEditor.document, selection.active);
      // Behind it: it is being accepted, and the command that says so comes later.
      const stays = selection.isEmpty && (at === offer.offset || at === offer.offset + offer.text.length);
      if (!stays) {
        tracker.dismissed();
        setContext(false);
      }
    }),
    vscode.window.onDidChangeActiveTextEditor(() => {
      tracker.dismissed();
      setContext(false);
    }),
  );
}

let contextIs = false;

function setContext(value: boolean): void {
  if (contextIs === value) return;
  contextIs = value;
  void vscode.commands.executeCommand('setContext', CONTEXT_KEY, value);
}

/** The editor closes a bracket that is typed: only the first sign was. */
function withoutPartner(text: string): string {
  return /^(?:\(\)|\[\]|\{\}|""|''|``|<>)$/u.test(text) ? text.charAt(0) : text;
}

/** Counted with `\n`, as requests count. */
function offsetIn(document: vscode.TextDocument, position: vscode.Position): number {
  return document.offsetAt(position) - (document.eol === vscode.EndOfLine.CRLF ? position.line : 0);
}

function textNear(uri: string, offset: number): string | undefined {
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
  return document && unix(document.getText()).slice(Math.max(0, offset - NEAR_CHARS), offset + NEAR_CHARS);
}

function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => {
    clearTimeout(timer);
  };
}

function factsFor({ before, after: following }: CompletionRequest, text: string, known: Pick<ShowFacts, 'typed' | 'sureness'>): ShowFacts {
  const line = lastLineOf(before);
  return {
    chars: text.length,
    lines: text.split('\n').length,
    shape: shapeOf(line, firstLineOf(following)),
    before: line.trim().length,
    ...known,
  };
}

function remember(factsOf: Map<string, ShowFacts>, id: string, facts: ShowFacts): void {
  if (!factsOf.has(id)) factsOf.set(id, facts);
  for (const oldest of factsOf.keys()) {
    if (factsOf.size <= MOST_FACTS) break;
    factsOf.delete(oldest);
  }
}
