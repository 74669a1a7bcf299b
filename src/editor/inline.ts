// Ghost text. Gate, wait, context, route (rules alone, at once), stream, trim. Never waits for a classifier.
import * as vscode from 'vscode';
import { DEFAULT_BUDGET, windowAround, type Window } from '../completion/context';
import { createTurnstile } from '../completion/debounce';
import { placeOf, type Place } from '../completion/place';
import { createStop } from '../completion/stop';
import type { Insertion } from '../completion/trim';
import { estimateTokens } from '../router/tokens';
import type { Candidate, RouteRequest } from '../router/types';
import { isAbort } from '../shared/abort';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { withSignal } from './cancel';
import { commands } from './commands-table';
import type { DecisionLog } from './decision-log';
import type { Dispatch } from './dispatch';
import { newId } from './ids';
import type { InlineStatus } from './inline-status';
import { relative } from './references';
import type { SettingsStore } from './settings-store';

export interface InlineDeps {
  readonly dispatch: Dispatch;
  readonly decisions: DecisionLog;
  readonly settings: SettingsStore;
  readonly status: InlineStatus;
  readonly log: Log;
}

/** Documents of editors; the chat input, the output channel and diffs of git are other schemes. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell', 'vscode-vfs', 'vscode-test-web'];
/** Lines read on each side of the cursor before the budget of characters cuts. */
const MOST_LINES = 400;
/** A model that failed is left alone for a while, so that typing does not hammer a dead server. */
const COOL_DOWN_MS = 15_000;
const MOST_ATTEMPTS = 2;
/** With less before the cursor there is nothing to complete. */
const LEAST_PREFIX_CHARS = 2;

export function registerInline(deps: InlineDeps): vscode.Disposable {
  const turnstile = createTurnstile();
  const coolUntil = new Map<string, number>();
  const provider: vscode.InlineCompletionItemProvider = {
    provideInlineCompletionItems: (document, position, context, token) => {
      if (!deps.settings.inlineEnabled(document)) return [];
      const { inline } = deps.settings.for(document.uri);
      const asked = { document, position, context };
      const waitMs = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke ? 0 : inline.debounceMs;
      return withSignal(token, (signal) =>
        turnstile.run(waitMs, signal, (latest) => complete(deps, coolUntil, asked, latest)),
      ).catch((error: unknown) => {
        if (!isAbort(error)) deps.log.debug(`ghost text: ${messageOf(error)}`);
        return [];
      });
    },
  };
  return vscode.languages.registerInlineCompletionItemProvider(SCHEMES.map((scheme) => ({ scheme })), provider);
}

interface AskedAt {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  readonly context: vscode.InlineCompletionContext;
}

async function complete(
  deps: InlineDeps,
  coolUntil: Map<string, number>,
  asked: AskedAt,
  signal: AbortSignal,
): Promise<vscode.InlineCompletionItem[]> {
  const around = textAround(asked);
  if (around.window.prefix.trim().length < LEAST_PREFIX_CHARS) return [];
  const { document } = asked;
  await deps.dispatch.ready(signal);
  const { decision, candidates } = deps.dispatch.decideNow(requestFor(document, around.window), document.uri);
  const order = [decision.model, ...decision.fallbacks]
    .flatMap((id) => candidates.find((candidate) => candidate.id === id) ?? [])
    .filter(({ id }) => (coolUntil.get(id) ?? 0) < Date.now())
    .slice(0, MOST_ATTEMPTS);
  if (order.length === 0) deps.status.idle(decision.model === undefined ? 'no model can fill in the middle' : 'the server does not answer');
  for (const candidate of order) {
    try {
      deps.status.asking(candidate.id);
      const inserted = await fill(deps, candidate, around, signal);
      deps.status.answered(candidate.id);
      deps.decisions.servedBy(decision.id, candidate.id);
      return inserted.text === '' ? [] : [itemOf(asked, inserted, decision.id)];
    } catch (error) {
      if (isAbort(error)) {
        deps.status.answered(candidate.id);
        throw error;
      }
      coolUntil.set(candidate.id, Date.now() + COOL_DOWN_MS);
      deps.status.idle(`${candidate.id}: ${messageOf(error)}`);
      deps.log.debug(`[${decision.id}] ghost text from ${candidate.id} failed: ${messageOf(error)}`);
    }
  }
  return [];
}

interface Around {
  readonly window: Window;
  readonly place: Place;
}

function textAround({ document, position, context }: AskedAt): Around {
  const first = Math.max(0, position.line - MOST_LINES);
  const last = Math.min(document.lineCount - 1, position.line + MOST_LINES);
  // The suggest widget has an item selected: ghost text must continue that item.
  const selected = context.selectedCompletionInfo;
  const head = document.getText(new vscode.Range(new vscode.Position(first, 0), selected?.range.start ?? position));
  const before = unix(head + (selected?.text ?? ''));
  const end = document.lineAt(last).range.end;
  const after = unix(document.getText(new vscode.Range(selected?.range.end ?? position, end)));
  const whole = first === 0 && last === document.lineCount - 1;
  return { window: windowAround(before, after, DEFAULT_BUDGET), place: placeOf({ language: document.languageId, before, after, whole }) };
}

function unix(text: string): string {
  return text.replace(/\r\n/gu, '\n');
}

function requestFor(document: vscode.TextDocument, { prefix, suffix }: Window): RouteRequest {
  return {
    id: newId(),
    surface: 'inline',
    turns: [],
    inputTokens: estimateTokens(prefix) + estimateTokens(suffix),
    needs: ['fim'],
    paths: [relative(document.uri)],
    languages: [document.languageId],
  };
}

async function fill(
  deps: InlineDeps,
  candidate: Candidate,
  { window, place }: Around,
  signal: AbortSignal,
): Promise<Insertion> {
  const backend = deps.dispatch.backend(candidate.provider);
  if (!backend?.fim) throw new Error('this provider cannot fill in the middle');
  const { inline, logPrompts } = deps.settings.for();
  if (logPrompts) deps.log.trace('ghost text prompt', window.prefix, window.suffix);
  const call = { candidate, ...window, maxTokens: inline.maxTokens, stop: place.shape === 'inside' ? ['\n'] : [] };
  const stop = createStop(place);
  for await (const piece of backend.fim(call, signal)) if (stop.add(piece)) break;
  return stop.insertion();
}

function itemOf({ document, position, context }: AskedAt, { text, replaces }: Insertion, decisionId: string): vscode.InlineCompletionItem {
  const selected = context.selectedCompletionInfo;
  const insert = document.eol === vscode.EndOfLine.CRLF ? text.replace(/\n/gu, '\r\n') : text;
  const item = new vscode.InlineCompletionItem(
    `${selected?.text ?? ''}${insert}`,
    selected?.range ?? new vscode.Range(position, position.translate(0, replaces)),
  );
  item.command = { command: commands.inlineAccepted.id, title: commands.inlineAccepted.title, arguments: [decisionId] };
  return item;
}
