// Which of the known models write ghost text: those on this machine, and those elsewhere that the user chose for it.
// Every pause in typing is a request, so nothing leaves the machine by default.
import { leavesMachine } from '../router/choosing/rules';
import type { Candidate } from '../router/types';
import type { Rule, Settings } from '../settings/settings';

const NOT_CHOSEN = 'models elsewhere complete only when you choose them in fairlead.inline.models, or a rule of yours prefers them';

export function forInline(candidates: readonly Candidate[], models: readonly string[], rules: readonly Rule[]): readonly Candidate[] {
  const preferred = rules.flatMap(({ prefer, origin }) => (origin === 'user' ? (prefer ?? []) : []));
  const chosen = new Set([...models, ...preferred]);
  return candidates.map((candidate) =>
    !leavesMachine(candidate) || candidate.unavailable !== undefined || chosen.has(candidate.id) ? candidate : { ...candidate, unavailable: NOT_CHOSEN },
  );
}

/** Of what holds for every request, what is another thing for ghost text: its models, and their order. */
export function inlinePolicy({ inline, rules, defaultModels }: Pick<Settings, 'inline' | 'rules' | 'defaultModels'>, candidates: readonly Candidate[]) {
  return { candidates: forInline(candidates, inline.models, rules), defaultModels: [...inline.models, ...defaultModels] };
}
