// The last door: everything that goes to a hosted model or classifier passes here, whoever asks, retries and fallbacks
// too. Files that are never sent are taken out, secrets are replaced; what cannot be made safe is refused. Models on
// this machine get all of it.
import { isAbort } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import type { SecretsMode } from '../../settings/settings';
import type { NeverSend } from '../../settings/never-send';
import { secretsText } from './explain-privacy';
import { neverSent, type NeverSentCheck } from './never-sent';
import type { Backend, ChatCall, ChatEvent, Classifier, ClassifierInput, FimCall, FoundSecret, HeldBack, Message, Part, SecretFinder } from '../ports';
import { clean, mapStrings, strings, type PrivateName } from './private-parts';
import { leavesMachine, type GlobMatcher } from '../choosing/rules';
import type { SecretCount } from '../types';
import type { Withholder } from './withhold';

export interface OutgoingDeps {
  /** Of all open folders together: a call does not say which one it is about. */
  readonly policy: () => { readonly neverSend: NeverSend; readonly secrets: SecretsMode };
  readonly matches: GlobMatcher;
  /** Absolute paths of the open folders. */
  readonly roots: () => readonly string[];
  readonly findSecrets: SecretFinder;
  readonly withholder: Withholder;
}

/** The backend, with the door before it. */
export function guardBackend(backend: Backend, deps: OutgoingDeps): Backend {
  return {
    ...backend,
    chat: (call, signal) => (leavesMachine(call.candidate) ? chatOutside(backend, { deps, call }, signal) : chatHere(backend, { deps, call }, signal)),
    ...(backend.fim ? { fim: (call, signal) => fillIn(backend, { deps, call }, signal) } : {}),
  };
}

/** The classifier, with the door before it. One on this machine is left as it is. */
export function guardClassifier(classifier: Classifier, deps: OutgoingDeps): Classifier {
  if (classifier.locality !== 'hosted') return classifier;
  return {
    ...classifier,
    classify: async (input, signal) => classifier.classify(await safeInput(input, { deps, to: classifier.id }, signal), signal),
  };
}

interface Passing<Call> {
  readonly deps: OutgoingDeps;
  readonly call: Call;
}

function chatHere(backend: Backend, { deps, call }: Passing<ChatCall>, signal: AbortSignal): AsyncIterable<ChatEvent> {
  deps.withholder.shownHere(call.messages, privateNames(deps));
  return backend.chat(call, signal);
}

async function* chatOutside(backend: Backend, { deps, call }: Passing<ChatCall>, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
  const { messages, files, unclear } = deps.withholder.withhold(call.messages, privateNames(deps));
  if (unclear !== undefined) throw refused(call.candidate.id, `the text of ${unclear}, which never leaves this machine, cannot be told apart from the rest`);
  const { messages: safe, tools, options, secrets } = await withoutSecrets({ messages, tools: call.tools, options: call.options }, { deps, call }, signal);
  if (files.length > 0 || secrets.length > 0) yield { type: 'outgoing', files, secrets };
  yield* backend.chat({ ...call, messages: safe, tools, options }, signal);
}

type Body = Pick<ChatCall, 'messages' | 'tools' | 'options'>;

async function withoutSecrets(body: Body, { deps, call }: Passing<ChatCall>, signal: AbortSignal): Promise<Body & Pick<HeldBack, 'secrets'>> {
  const mode = deps.policy().secrets;
  if (mode === 'off' || call.secrets === 'send') return { ...body, secrets: [] };
  const safe = await redactor({ deps, to: call.candidate.id }, [...body.messages.flatMap(({ parts }) => strings(parts)), ...strings(body.tools), ...strings(body.options)], signal);
  if (mode === 'block' && safe.found.length > 0) throw refused(call.candidate.id, `the request holds ${secretsText(safe.found)}`);
  if (safe.found.length === 0) return { ...body, secrets: [] };
  return {
    messages: body.messages.map((message) => safeMessage(message, safe.redact)),
    tools: mapStrings(body.tools, safe.redact) as Body['tools'],
    options: mapStrings(body.options, safe.redact) as Body['options'],
    secrets: safe.found,
  };
}

/** A thought is sealed by its server and refused when changed: it goes whole or not at all. */
function safeMessage({ role, parts }: Message, redact: (text: string) => string): Message {
  return {
    role,
    parts: parts.flatMap((part): Part[] => {
      if (part.type === 'thinking') return redact(part.text) === part.text ? [part] : [];
      if (part.type === 'tool_call') return [{ ...part, input: mapStrings(part.input, redact) }];
      return [part.type === 'image' ? part : { ...part, text: redact(part.text) }];
    }),
  };
}

async function* fillIn(backend: Backend, { deps, call }: Passing<FimCall>, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const allowed = leavesMachine(call.candidate) ? await allowedFim({ deps, call }, signal) : call;
  yield* backend.fim?.(allowed, signal) ?? [];
}

/** The call without the text of other files that are never sent; refused where the file itself is one. */
async function allowedFim({ deps, call }: Passing<FimCall>, signal: AbortSignal): Promise<FimCall> {
  const name = privateNames(deps);
  if (call.path === undefined) throw refused(call.candidate.id, 'it is not known which file the text comes from');
  const kept = name(call.path);
  if (kept !== undefined) throw refused(call.candidate.id, `${kept} never leaves this machine`);
  const allowed = call.extra ? { ...call, extra: call.extra.filter(({ path }) => name(path) === undefined) } : call;
  const { candidate, ...rest } = allowed;
  if (deps.policy().secrets !== 'off') {
    const { found } = await redactor({ deps, to: candidate.id }, strings(rest), signal);
    if (found.length > 0) throw refused(candidate.id, `the text around the cursor holds ${secretsText(found)}`);
  }
  return allowed;
}

interface Search {
  readonly deps: OutgoingDeps;
  /** Model or classifier, for the explanation. */
  readonly to: string;
}

async function safeInput(input: ClassifierInput, { deps, to }: Search, signal: AbortSignal): Promise<ClassifierInput> {
  const name = privateNames(deps);
  const said = { text: input.text, previousUser: input.previousUser, previousAssistant: input.previousAssistant };
  const cleaned = mapStrings(said, (text) => cleanOrNothing(text, name)) as typeof said;
  const { secrets } = deps.policy();
  const safe = secrets === 'off' ? undefined : await redactor({ deps, to }, strings(cleaned), signal);
  if (safe && secrets === 'block' && safe.found.length > 0) throw refused(to, `the request holds ${secretsText(safe.found)}`);
  return { ...input, ...withoutUndefined(mapStrings(cleaned, safe?.redact ?? ((text) => text)) as typeof said), routes: input.routes };
}

function cleanOrNothing(text: string, name: PrivateName): string {
  const { text: cleaned, unclear } = clean(text, name);
  return unclear ? '' : cleaned;
}

function withoutUndefined(said: Pick<ClassifierInput, 'text'> & Partial<Record<'previousUser' | 'previousAssistant', string | undefined>>): Pick<ClassifierInput, 'text' | 'previousUser' | 'previousAssistant'> {
  const { text, previousUser, previousAssistant } = said;
  return { text, ...(previousUser === undefined ? {} : { previousUser }), ...(previousAssistant === undefined ? {} : { previousAssistant }) };
}

interface Redactor {
  readonly found: readonly SecretCount[];
  readonly redact: (text: string) => string;
}

/** Fails closed: what could not be searched does not go. */
async function redactor({ deps, to }: Search, texts: readonly string[], signal: AbortSignal): Promise<Redactor> {
  const distinct = [...new Set(texts)];
  let found: readonly (readonly FoundSecret[])[];
  try {
    found = await deps.findSecrets(distinct, signal);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw refused(to, 'it could not be searched for secrets', error);
  }
  const everywhere = withRepeats(distinct, found);
  const byText = new Map(distinct.map((text, index) => [text, redacted(text, everywhere[index] ?? [])]));
  return { found: countSecrets(found.flat()), redact: (text) => byText.get(text) ?? text };
}

const LEAST_CHARS = 8;

/** A secret that was known by what stands before it in one place may stand alone in another. */
function withRepeats(texts: readonly string[], found: readonly (readonly FoundSecret[])[]): FoundSecret[][] {
  const values = new Map(texts.flatMap((text, index) => (found[index] ?? []).map(({ kind, start, end }) => [text.slice(start, end), kind] as const)));
  return texts.map((text, index) => {
    const all = [...(found[index] ?? [])];
    for (const [value, kind] of values) {
      if (value.length < LEAST_CHARS) continue;
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) all.push({ kind, start: at, end: at + value.length });
    }
    return all;
  });
}

/** Finds that overlap become one. */
function redacted(text: string, found: readonly FoundSecret[]): string {
  let safe = '';
  let done = 0;
  for (const { kind, start, end } of [...found].sort((a, b) => a.start - b.start)) {
    if (start >= done) safe += `${text.slice(done, start)}[${kind} withheld, leave as is]`;
    done = Math.max(done, end);
  }
  return safe + text.slice(done);
}

export function countSecrets(found: readonly FoundSecret[]): SecretCount[] {
  const counts = new Map<string, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

const names = new WeakMap<OutgoingDeps, { readonly key: string; readonly name: PrivateName }>();
const MOST_NAMES = 20_000;

/** The same function while globs and folders stay the same: what was read by it counts as long. */
function privateNames(deps: OutgoingDeps): PrivateName {
  const { neverSend } = deps.policy();
  const folders = deps.roots().map((root) => `${root.replace(/\\+/gu, '/').replace(/\/+$/u, '')}/`);
  const key = JSON.stringify([neverSend, folders]);
  const known = names.get(deps);
  if (known?.key === key) return known.name;
  const name = namesOf({ neverSend, matches: deps.matches }, folders);
  names.set(deps, { key, name });
  return name;
}

function namesOf(check: NeverSentCheck, folders: readonly string[]): PrivateName {
  const known = new Map<string, string | undefined>();
  return (path) => {
    if (known.has(path)) return known.get(path);
    const folder = folders.find((one) => path.toLowerCase().startsWith(one.toLowerCase()));
    const name = neverSent(folder === undefined ? path : path.slice(folder.length), check)?.path;
    if (known.size > MOST_NAMES) known.clear();
    known.set(path, name);
    return name;
  };
}

function refused(to: string, why: string, cause?: unknown): RouterError {
  return new RouterError('private', `Nothing was sent to ${to}: ${why}.`, { cause });
}

