// Whose word is what in a conversation: the user's own words without what the host put around them, whether a request
// is a new turn of the user's, and what a classifier reads. For routing only; the model still gets the whole request.
import type { ClassifierInput, ClassifierRoute } from './ports';
import type { Turn } from './types';

// Envelopes that editors and agents wrap around a user's words (VS Code, Copilot, Claude Code, Cline, Continue).
const ENVELOPES = [
  'environment_info',
  'environment_details',
  'workspace_info',
  'workspaceFolder',
  'editorContext',
  'context',
  'currentDocument',
  'currentFile',
  'file-selection',
  'file-cursor-context',
  'additional-info',
  'attachments',
  'attachment',
  'repoContext',
  'reminder',
  'reminderInstructions',
  'system-reminder',
  'userMemory',
  'sessionMemory',
  'repoMemory',
  'todoList',
  'instructions',
  'customInstructions',
  'modeInstructions',
  'notebookInstructions',
  'notebookFormatInstructions',
  'toolUseInstructions',
  'toolReferences',
  'availableDeferredTools',
  'conversation-summary',
  'PreToolUse-context',
  'PostToolUse-context',
  'command-message',
  'command-name',
  'local-command-stdout',
  'function_results',
  'tool_result',
];
const ENVELOPE = new RegExp(`<(${ENVELOPES.join('|')})\\b[^>]*>[\\s\\S]*?</\\1>`, 'giu');
/** What hosts wrap the user's own words in. */
const USER_ENVELOPE = /<(userRequest|userPrompt|user_query|user_request|user_message)\b[^>]*>([\s\S]*?)<\/\1>/giu;
/** The same of hosts whose tags are ordinary words: these count at the beginning of a message only. */
const PLAIN_USER_ENVELOPE = /^\s*<(task|feedback|answer)>([\s\S]*?)<\/\1>/iu;
const SUMMARY = /<conversation-summary>([\s\S]*?)<\/conversation-summary>/giu;

/** The user's own words in a message that a host may have wrapped. */
export function stripEnvelopes(text: string): string {
  const bare = text.replace(ENVELOPE, '').trim();
  return enveloped(bare) ?? bare;
}

/** The words inside the host's envelopes for them; undefined where there are none. Host blocks are gone already. */
function enveloped(bare: string): string | undefined {
  const own = [...bare.matchAll(USER_ENVELOPE)].map((match) => match[2]?.trim() ?? '').filter((part) => part !== '');
  if (own.length > 0) return own.join('\n');
  return PLAIN_USER_ENVELOPE.exec(bare)?.[2]?.trim();
}

/**
 * The user's own words in each turn, empty where there are none. A host that wraps the user's words wraps them all:
 * its bare messages (instructions, hooks, orders to summarise) are its own.
 */
export function ownWords(turns: readonly Turn[]): string[] {
  const bare = turns.map(({ role, text }) => (role === 'user' ? text.replace(ENVELOPE, '').trim() : ''));
  const inside = bare.map((text) => (text === '' ? undefined : enveloped(text)));
  const wraps = inside.some((text) => text !== undefined);
  return bare.map((text, index) => (wraps ? (inside[index] ?? '') : text));
}

/** Summaries of earlier turns that the host put in their place. */
export function summariesIn(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ role, text }) => (role === 'user' ? [...text.matchAll(SUMMARY)].map((match) => match[1]?.trim() ?? '') : []));
}

/**
 * Whether the user has said something since the assistant's last word. False inside a tool loop, where a host may add
 * reminders to the results, when it orders a summary, and when it goes on from one.
 */
export function isUsersTurn(turns: readonly Turn[]): boolean {
  const own = ownWords(turns);
  const spoken = own.findLastIndex((text) => text !== '');
  if (spoken < 0) return !turns.some(({ role }) => role === 'assistant' || role === 'tool') && summariesIn(turns).length === 0;
  const since = turns.slice(spoken + 1);
  if (since.some(({ role }) => role === 'assistant' || role === 'tool')) return false;
  if (summariesIn(since).length > 0) return false;
  const before = turns.slice(0, spoken).findLast(({ role }) => role !== 'user');
  return before?.role !== 'tool' || isWrapped(turns[spoken]);
}

/** Bare text after a tool's result, with no answer between, is the host's: a reminder, what a hook said. */
function isWrapped(turn: Turn | undefined): boolean {
  return turn !== undefined && enveloped(turn.text.replace(ENVELOPE, '').trim()) !== undefined;
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
  const own = ownWords(turns);
  const spoken = turns
    .map(({ role, text }, index) => ({ role, text: role === 'user' ? (own[index] ?? '') : role === 'assistant' ? stripEnvelopes(text) : '' }))
    .filter(({ text }) => text !== '');
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
