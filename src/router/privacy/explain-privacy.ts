// What kept a request, a file or a secret on this machine, in words: what it was, and what to change.
import type { HeldBack } from '../ports';
import type { Decision, Reason, Refusal, SecretCount } from '../types';

/** `2 × GitHub token, private key`. */
export function secretsText(found: readonly SecretCount[]): string {
  return found.map(({ kind, count }) => (count > 1 ? `${String(count)} × ${kind}` : kind)).join(', ');
}

type PrivateReason = Extract<Reason, { kind: 'never_sent' | 'secret' }>;

export function privateReasonText(reason: PrivateReason): string {
  if (reason.kind === 'never_sent') return `only models on this machine may read ${reason.path} (${reason.glob})`;
  const then = { replaced: 'a placeholder goes to the model instead', sent: 'you let it go as it is', kept: 'it stays on this machine' };
  return `the request holds ${secretsText(reason.found)}: ${then[reason.then]}`;
}

type PrivateRefusal = Extract<Refusal, { kind: 'never_sent' | 'secret' }>;

export function privateRefusalText(refusal: PrivateRefusal): string {
  if (refusal.kind === 'never_sent') return `${refusal.path} never leaves this machine (${refusal.glob})`;
  return refusal.found.length === 0
    ? 'the request could not be searched for secrets, so it stays on this machine'
    : `the request holds ${secretsText(refusal.found)}, which stays on this machine`;
}

/** What a person can change about it; one line each. */
export function privacyAdvice({ reasons, refused, localOnly }: Decision): string[] {
  const all = [...reasons, ...refused.flatMap(({ refusals }) => refusals)];
  const files = all.flatMap((one) => (one.kind === 'never_sent' ? [neverSentAdvice(one)] : []));
  const rules = refused.flatMap(({ refusals }) => refusals.flatMap((one) => (one.kind === 'not_local' ? [one.rule] : [])));
  return [
    ...[...new Set(rules)].map((rule) => `“${rule}” is a rule in fairlead.rules that keeps requests here; change or remove it there.`),
    ...new Set(files),
    ...(all.some((one) => one.kind === 'secret') ? ['fairlead.secrets says what happens to keys and passwords; taking them out of the text is safer.'] : []),
    ...(localOnly ? ['“Fairlead: What May Leave This Machine?” shows everything that holds for the file in front of you.'] : []),
  ];
}

/** Where the glob stands and who can take the file out again. */
export function neverSentAdvice({ glob, ofWorkspace }: { readonly glob: string; readonly ofWorkspace: boolean }): string {
  return ofWorkspace
    ? `“${glob}” is in the workspace’s list of files that never leave (fairlead.neverSend); it can be changed there only.`
    : `“${glob}” is among the files that never leave (fairlead.neverSend); “!${glob}” in your user settings takes it out.`;
}

/** One line before an answer: what the model did not get to see. Empty when it saw everything. */
export function heldBackText({ files, secrets }: HeldBack): string {
  const left = files.length > 0 ? `${list(files)} ${files.length > 1 ? 'were' : 'was'} left out` : '';
  const replaced = secrets.length > 0 ? `${secretsText(secrets)} replaced by a placeholder` : '';
  return [left, replaced].filter((part) => part !== '').join('; ');
}

function list(files: readonly string[]): string {
  const shown = files.slice(0, 5).join(', ');
  return files.length > 5 ? `${shown} and ${String(files.length - 5)} more` : shown;
}
