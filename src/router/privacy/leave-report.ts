// What holds for a file, before anybody asks anything: may its text leave this machine, by which rule or glob not, and
// which models may read it. The page behind “What May Leave This Machine?”.
import type { SecretsMode, Rule } from '../../settings/settings';
import { escapeMarkdown } from '../explain';
import { neverSentAdvice, secretsText } from './explain-privacy';
import { firstNeverSent, type PrivacyPolicy } from './privacy';
import type { NeverSent } from './never-sent';
import { brokenRules, leavesMachine, matchRules } from '../choosing/rules';
import type { Candidate, RouteRequest, SecretCount } from '../types';

export interface FileFacts {
  /** Workspace-relative. */
  readonly path: string;
  readonly language: string;
  /** Undefined when nobody could look. */
  readonly secrets: readonly SecretCount[] | undefined;
}

export interface LeaveInput {
  /** The file in front of the user; undefined without one. */
  readonly file: FileFacts | undefined;
  readonly candidates: readonly Candidate[];
  readonly rules: readonly Rule[];
  readonly privacy: PrivacyPolicy;
  readonly secretsMode: SecretsMode;
  /** Name, path and address of each open folder. */
  readonly workspace: readonly string[];
  readonly trusted: boolean;
}

export interface Leaving {
  /** False: only models on this machine may read the file. */
  readonly mayLeave: boolean;
  readonly glob: NeverSent | undefined;
  /** Rules that keep it here, whatever is asked. */
  readonly rules: readonly Rule[];
  /** Rules that keep it here for some requests: by route, surface or secret. */
  readonly sometimes: readonly Rule[];
  readonly mayRead: readonly Candidate[];
  readonly mayNot: readonly Candidate[];
}

export function leaving({ file, candidates, rules, privacy, workspace }: LeaveInput): Leaving {
  const depends = ({ when }: Rule): boolean => when.route !== undefined || when.surface !== undefined || when.secret !== undefined;
  const request = requestFor(file, workspace);
  const limitsAmong = (some: readonly Rule[]): readonly Rule[] =>
    matchRules({ rules: some, request, route: undefined, alsoRoutes: [], matches: privacy.matches }).limiting;
  const always = limitsAmong(rules.filter((rule) => !depends(rule)));
  const glob = file && firstNeverSent([file.path], privacy);
  const refused = (candidate: Candidate): boolean =>
    (glob !== undefined && leavesMachine(candidate)) || brokenRules(candidate, always).length > 0;
  const keeping = always.filter((rule) => candidatesKept(rule));
  return {
    mayLeave: glob === undefined && keeping.length === 0,
    glob,
    rules: keeping,
    sometimes: rules.filter((rule) => depends(rule) && candidatesKept(rule) && limitsAmong([{ ...rule, when: withoutConditions(rule) }]).length > 0),
    mayRead: candidates.filter((candidate) => !refused(candidate)),
    mayNot: candidates.filter(refused),
  };
}

function candidatesKept({ require, exclude }: Rule): boolean {
  return require === 'local' || exclude === 'hosted';
}

function withoutConditions({ when: { path, language, workspace } }: Rule): Rule['when'] {
  return { ...(path ? { path } : {}), ...(language ? { language } : {}), ...(workspace ? { workspace } : {}) };
}

function requestFor(file: FileFacts | undefined, workspace: readonly string[]): RouteRequest {
  return {
    id: 'page',
    surface: 'chat',
    turns: [],
    inputTokens: 0,
    needs: [],
    paths: file ? [file.path] : [],
    languages: file ? [file.language] : [],
    workspace,
  };
}

/** The page, as Markdown. */
export function leaveReport(input: LeaveInput): string {
  const found = leaving(input);
  return [
    '# What may leave this machine',
    '',
    ...(input.file ? fileLines(input.file, found) : ['Open a file to see what holds for it.']),
    ...list('Models that may read it', found.mayRead.map(modelLine)),
    ...list('Models that may not', found.mayNot.map(modelLine)),
    ...list('Sometimes kept here', found.sometimes.map((rule) => `“${escapeMarkdown(rule.label)}”: ${escapeMarkdown(conditions(rule))}`)),
    ...list('Files that never leave', neverLines(input)),
    ...list('Keys and passwords', [SECRETS[input.secretsMode]]),
    ...(input.trusted ? [] : list('This folder is not trusted', ['Of its settings, only what keeps requests and files on this machine counts.'])),
    ...list('What cannot be known here', [
      'Whether a server on this machine hands requests on to somebody else. Fairlead proves only that the connection ends on this machine.',
      'What a command prints without naming a file. Keys in it are found by their form.',
      'What other extensions send to their own models.',
    ]),
    '',
  ].join('\n');
}

function fileLines({ path, secrets }: FileFacts, { mayLeave, glob, rules }: Leaving): string[] {
  const name = `**${escapeMarkdown(path)}**`;
  const held = secrets === undefined ? ['- It could not be searched for keys and passwords.'] : secrets.length > 0 ? [`- It holds: ${escapeMarkdown(secretsText(secrets))}.`] : [];
  return [
    mayLeave ? `${name} may be sent to hosted models when you ask about it.` : `${name} stays on this machine.`,
    '',
    ...(glob ? [`- ${escapeMarkdown(neverSentAdvice(glob))}`] : []),
    ...rules.map((rule) => `- “${escapeMarkdown(rule.label)}” in \`fairlead.rules\` of your ${rule.origin === 'workspace' ? 'workspace' : 'user'} settings keeps it here.`),
    ...held,
  ];
}

function modelLine(candidate: Candidate): string {
  return `${escapeMarkdown(candidate.id)} (${leavesMachine(candidate) ? 'hosted' : 'on this machine'})`;
}

function conditions({ when: { route, surface, secret } }: Rule): string {
  return [
    ...(route ? [`when a request is about ${route.join(' or ')}`] : []),
    ...(surface ? [`in ${surface.join(' or ')}`] : []),
    ...(secret ? ['when a key or password is found'] : []),
  ].join(', ');
}

function neverLines({ privacy: { neverSend } }: LeaveInput): string[] {
  const code = (globs: readonly string[]): string => globs.map((glob) => `\`${glob}\``).join(', ');
  return [
    code(neverSend.globs),
    ...(neverSend.except.length > 0 ? [`but not ${code(neverSend.except)}`] : []),
    ...(neverSend.added.length > 0 ? [`and by the workspace ${code(neverSend.added)}`] : []),
  ];
}

const SECRETS: Record<SecretsMode, string> = {
  ask: 'You are asked in chat before one is sent. For agents a placeholder goes instead. (`fairlead.secrets`: ask)',
  redact: 'A placeholder goes instead. (`fairlead.secrets`: redact)',
  block: 'Requests that hold one stay on this machine. (`fairlead.secrets`: block)',
  off: 'Nothing is searched: they are sent as they are. (`fairlead.secrets`: off)',
};

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `## ${title}`, '', ...items.map((item) => `- ${item}`)];
}
