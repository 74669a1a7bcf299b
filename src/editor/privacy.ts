// What the router must know of a request to keep it private, the question to the user when a secret would leave, and
// what the last door before hosted models goes by.
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import type { Policy } from '../router/choosing/decide';
import { secretsText } from '../router/privacy/explain-privacy';
import { joinNeverSend } from '../router/privacy/never-sent';
import { countSecrets, type OutgoingDeps } from '../router/privacy/outgoing';
import type { ChatCall, DecisionSink, FoundSecret, SecretFinder } from '../router/ports';
import type { PrivacyPolicy } from '../router/privacy/privacy';
import { keepsAllHere, leavesMachine, type GlobMatcher } from '../router/choosing/rules';
import type { Candidate, Decision, RouteRequest } from '../router/types';
import { createWithholder } from '../router/privacy/withhold';
import type { Rule } from '../settings/settings';
import { abortError, isAbort } from '../shared/abort';
import { messageOf, RouterError } from '../shared/errors';
import type { Log } from '../shared/log';
import { isDry } from './ids';
import type { SettingsStore } from './settings-store';

export interface PrivacyDeps {
  readonly settings: SettingsStore;
  readonly findSecrets: SecretFinder;
  readonly matches: GlobMatcher;
  /** Gets a decision once more when the user's word has changed it. */
  readonly sink: DecisionSink;
  readonly log: Log;
}

export interface Agreed {
  readonly decision: Decision;
  readonly candidates: readonly Candidate[];
  /** What the user allowed for this request. */
  readonly secrets?: ChatCall['secrets'];
}

export interface Privacy {
  policyFor(resource: vscode.Uri | undefined): PrivacyPolicy;
  /** The request with the open folders, and with its secrets where something of it could leave. */
  searched(request: RouteRequest, policy: Policy, signal: AbortSignal): Promise<RouteRequest>;
  /** The pieces without those that hold a secret, where something could leave; none where nobody could look. */
  withoutSecrets<Piece extends { readonly text: string }>(pieces: readonly Piece[], policy: Policy, signal: AbortSignal): Promise<readonly Piece[]>;
  /** Asks before a secret leaves, where the user wants to be asked and can be. Rejects when nothing is to be sent. */
  agreed(routed: Agreed, request: RouteRequest, signal: AbortSignal): Promise<Agreed>;
  /** True when nothing of the open folders may leave, whatever is asked. */
  allHere(rules: readonly Rule[]): boolean;
  readonly outgoing: OutgoingDeps;
}

/** What the user said in a conversation; a follow-up with the same kinds of secrets does not ask again. */
interface Given {
  readonly answer: Answer;
  readonly kinds: readonly string[];
}

const MOST_ANSWERS = 200;

const POLICY = { ask: 'replace', redact: 'replace', block: 'block', off: 'off' } as const;

export function createPrivacy(deps: PrivacyDeps): Privacy {
  const { settings, matches, findSecrets } = deps;
  const answers = new LRUCache<string, Given>({ max: MOST_ANSWERS });
  const everywhere = (): ReturnType<OutgoingDeps['policy']> => {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const all = folders.length > 0 ? folders.map(({ uri }) => settings.for(uri)) : [settings.for()];
    return { neverSend: joinNeverSend(all.map(({ neverSend }) => neverSend)), secrets: settings.for().secrets };
  };
  return {
    // Files of any open folder may be part of a request, so what one folder keeps holds for all.
    policyFor: (resource) => ({ neverSend: everywhere().neverSend, secrets: POLICY[settings.for(resource).secrets], matches }),
    searched: async (request, policy, signal) => {
      const secrets = await search(deps, { request, policy }, signal);
      return { ...request, workspace: openFolders(), ...(secrets === undefined ? {} : { secrets }) };
    },
    withoutSecrets: async (pieces, policy, signal) => {
      const found = await find(deps, { texts: pieces.map(({ text }) => text), policy, what: 'text of other files' }, signal);
      return pieces.filter((_piece, index) => found?.[index]?.length === 0);
    },
    agreed: (routed, request, signal) => ask(deps, { routed, request, answers }, signal),
    allHere: (rules) => keepsAllHere({ rules, workspace: openFolders(), matches }),
    outgoing: {
      policy: everywhere,
      matches,
      roots: () => (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
      findSecrets,
      withholder: createWithholder(),
    },
  };
}

/** Name, path and address of each open folder, and of the workspace. */
export function openFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const named = vscode.workspace.name === undefined ? [] : [vscode.workspace.name];
  return [...new Set([...named, ...folders.flatMap(({ name, uri }) => [name, uri.path, uri.toString()])])];
}

interface Searching {
  readonly request: RouteRequest;
  readonly policy: Policy;
}

/** Undefined where nobody could look, which must be taken for a find. */
async function search(deps: PrivacyDeps, { request, policy }: Searching, signal: AbortSignal): Promise<RouteRequest['secrets']> {
  const texts = request.texts ?? request.turns.map(({ text }) => text);
  if (texts.length === 0 && request.inputTokens > 0 && isSearched(policy)) return undefined;
  const found = await find(deps, { texts, policy, what: `[${request.id}] the request` }, signal);
  return found && countSecrets(found.flat());
}

interface Finding {
  readonly texts: readonly string[];
  readonly policy: Policy;
  /** For the log. */
  readonly what: string;
}

/** Secrets by text; undefined where nobody could look. */
async function find({ findSecrets, log }: PrivacyDeps, { texts, policy, what }: Finding, signal: AbortSignal): Promise<readonly (readonly FoundSecret[])[] | undefined> {
  if (!isSearched(policy)) return texts.map(() => []);
  try {
    return await findSecrets(texts, signal);
  } catch (error) {
    if (isAbort(error)) throw error;
    log.warn(`${what} could not be searched for secrets: ${messageOf(error)}`);
    return undefined;
  }
}

/** Only where a rule asks for it, or something could leave. */
function isSearched({ rules, candidates, privacy }: Policy): boolean {
  const leaves = candidates.some((candidate) => candidate.unavailable === undefined && leavesMachine(candidate));
  return rules.some(({ when }) => when.secret === true) || (leaves && privacy?.secrets !== 'off');
}

interface Asking {
  readonly routed: Agreed;
  readonly request: RouteRequest;
  readonly answers: LRUCache<string, Given>;
}

async function ask(deps: PrivacyDeps, { routed, request, answers }: Asking, signal: AbortSignal): Promise<Agreed> {
  const { decision, candidates } = routed;
  const chosen = candidates.find(({ id }) => id === decision.model);
  if (!chosen || !leavesMachine(chosen) || !asksAbout(deps, request)) return routed;
  const here = decision.fallbacks.flatMap((id) => candidates.find((one) => one.id === id && !leavesMachine(one)) ?? []);
  const held = secretsText(request.secrets ?? []);
  const before = given(answers, request);
  const answer = before ?? (await question({ held, to: chosen.id, here: here[0]?.id }, signal));
  deps.log.info(`[${decision.id}] ${before ? 'asked earlier' : 'asked'} about ${held} for ${chosen.id}: ${answer}`);
  if (request.conversation !== undefined) answers.set(request.conversation, { answer, kinds: kindsOf(request) });
  return act(deps, { routed, held, here }, answer);
}

/** Only answers that keep the secret here are taken for more than the request they were given for. */
function given(answers: LRUCache<string, Given>, request: RouteRequest): Answer | undefined {
  const before = request.conversation === undefined ? undefined : answers.get(request.conversation);
  const keeps = before?.answer === 'replace' || before?.answer === 'here';
  return keeps && kindsOf(request).every((kind) => before.kinds.includes(kind)) ? before.answer : undefined;
}

function kindsOf({ secrets = [] }: RouteRequest): string[] {
  return secrets.map(({ kind }) => kind);
}

/** Agents cannot wait for an answer, and a dry run sends nothing. */
function asksAbout({ settings }: PrivacyDeps, { id, surface, secrets = [] }: RouteRequest): boolean {
  return secrets.length > 0 && surface === 'chat' && !isDry(id) && settings.for().secrets === 'ask';
}

interface Acting {
  readonly routed: Agreed;
  readonly held: string;
  readonly here: readonly Candidate[];
}

function act({ sink }: PrivacyDeps, { routed, held, here }: Acting, answer: Answer): Agreed {
  const { decision, candidates } = routed;
  if (answer === 'replace') return routed;
  if (answer === 'nothing') throw new RouterError('private', `Nothing was sent: the question holds ${held}.`);
  const changed = answer === 'here' ? keptTo(decision, here) : withReason(decision, 'sent');
  sink(changed);
  return { decision: changed, candidates, ...(answer === 'send' ? { secrets: 'send' } : {}) };
}

interface Question {
  /** Kinds of secrets; never the secrets. */
  readonly held: string;
  readonly to: string;
  /** The model on this machine that could answer instead. */
  readonly here: string | undefined;
}

type Answer = 'replace' | 'here' | 'send' | 'nothing';

async function question({ held, to, here }: Question, signal: AbortSignal): Promise<Answer> {
  const choices = new Map<string, Answer>([
    ['Send with a Placeholder', 'replace'],
    ...(here === undefined ? [] : ([[`Use ${here} on This Machine`, 'here']] as const)),
    ['Send as It Is', 'send'],
  ]);
  const detail = `“${to}” does not run on this machine. With a placeholder it sees that something was there, but not what. The setting fairlead.secrets answers this question for good.`;
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(abortError(signal));
    }, { once: true });
  });
  const picked = await Promise.race([
    vscode.window.showWarningMessage(`Your request to ${to} holds: ${held}.`, { modal: true, detail }, ...choices.keys()),
    cancelled,
  ]);
  return choices.get(picked ?? '') ?? 'nothing';
}

function keptTo(decision: Decision, here: readonly Candidate[]): Decision {
  const [model, ...fallbacks] = here.map(({ id }) => id);
  return { ...withReason(decision, 'kept'), model, fallbacks, localOnly: true };
}

function withReason(decision: Decision, then: 'sent' | 'kept'): Decision {
  return { ...decision, reasons: decision.reasons.map((reason) => (reason.kind === 'secret' ? { ...reason, then } : reason)) };
}
