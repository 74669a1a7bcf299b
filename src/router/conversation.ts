// What of a conversation a classifier reads: the last user turn and one full previous turn, without what the
// host put around them. For classification only; the model still gets the whole request.
import type { ClassifierInput, ClassifierRoute } from './ports';
import type { Turn } from './types';

// Envelopes that editors and agents wrap around a user's words (VS Code, Copilot, Claude Code, Cline, Continue).
const ENVELOPES = [
  'environment_info',
  'environment_details',
  'workspace_info',
  'editorContext',
  'context',
  'attachments',
  'attachment',
  'repoContext',
  'reminder',
  'reminderInstructions',
  'system-reminder',
  'userMemory',
  'instructions',
  'modeInstructions',
  'toolUseInstructions',
  'command-message',
  'command-name',
  'local-command-stdout',
  'function_results',
  'tool_result',
];
const ENVELOPE = new RegExp(`<(${ENVELOPES.join('|')})\\b[^>]*>[\\s\\S]*?</\\1>`, 'giu');
const USER_ENVELOPE = /<(userRequest|user_query|user_request|task|feedback)\b[^>]*>([\s\S]*?)<\/\1>/giu;

/** The user's own words in a message that a host may have wrapped. */
export function stripEnvelopes(text: string): string {
  const own = [...text.matchAll(USER_ENVELOPE)].map((match) => match[2]?.trim() ?? '').filter((part) => part !== '');
  if (own.length > 0) return own.join('\n');
  return text.replace(ENVELOPE, '').trim();
}

/** Keeps head and tail of an oversized text; the middle of a long paste says least about the request. */
export function headAndTail(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = Math.ceil((maxChars * 2) / 3);
  return `${text.slice(0, head)}\n…\n${text.slice(text.length - (maxChars - head))}`;
}

export interface ReadTurns {
  readonly text: string;
  readonly previousUser?: string;
  readonly previousAssistant?: string;
}

/** Last user turn and the full turn before it; undefined when there is no user's word to read. */
export function readTurns(turns: readonly Turn[]): ReadTurns | undefined {
  const spoken = turns
    .filter((turn) => turn.role === 'user' || turn.role === 'assistant')
    .map((turn) => ({ role: turn.role, text: stripEnvelopes(turn.text) }))
    .filter((turn) => turn.text !== '');
  const lastIndex = spoken.findLastIndex((turn) => turn.role === 'user');
  const last = spoken[lastIndex];
  if (!last) return undefined;
  const before = spoken.slice(0, lastIndex);
  const previousUser = before.findLast((turn) => turn.role === 'user');
  const previousAssistant = before.findLast((turn) => turn.role === 'assistant');
  return {
    text: last.text,
    ...(previousUser ? { previousUser: previousUser.text } : {}),
    ...(previousAssistant ? { previousAssistant: previousAssistant.text } : {}),
  };
}

export function toClassifierInput(
  turns: readonly Turn[],
  previousRoute: string | undefined,
  routes: readonly ClassifierRoute[],
): ClassifierInput | undefined {
  const read = readTurns(turns);
  if (!read) return undefined;
  return { ...read, ...(previousRoute === undefined ? {} : { previousRoute }), routes };
}
