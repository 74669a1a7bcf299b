// Which conversation a request belongs to, and what it runs on. VS Code gives no session id and its agent's system text
// differs from step to step, but it sends everything again: a conversation is known by the answers it has got from
// here. What cannot be told apart: conversations that begin alike and have got the same answers, and forks of one.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ownWords, summariesIn } from '../router/conversation';
import type { Message } from '../router/ports';
import type { Running } from '../router/choosing/running';
import type { Decision, Turn } from '../router/types';
import { turnsOf } from './message-turns';

const KEPT = 200;
const KEPT_MARKS = 10_000;
/** Shorter texts and ids are likely to come up in other conversations too. */
const TELLING_TEXT_CHARS = 80;
const TELLING_ID_CHARS = 9;
/** By so much of its beginning a summary is known again. */
const HEAD_CHARS = 200;

export interface Remembered {
  /** What was picked in the model picker. */
  readonly choice: string;
  readonly decision: Decision;
  readonly running: Running;
}

/** What was answered in a conversation. */
export interface Answered {
  readonly text: string;
  /** Ids of the tool calls. */
  readonly calls: readonly string[];
}

export interface Conversations {
  /** The id of the conversation that a request belongs to; a new one when it begins one. */
  find(messages: readonly Message[]): string;
  get(id: string): Remembered | undefined;
  set(id: string, remembered: Remembered): void;
  /** Remembers an answer, whole or cut off, to know the conversation by it. */
  answered(id: string, answer: Answered): void;
}

interface Mark {
  readonly key: string;
  /** True when no other conversation is likely to have it. */
  readonly telling: boolean;
}

export function createConversations(): Conversations {
  const remembered = new LRUCache<string, Remembered>({ max: KEPT });
  /** Which conversations have got an answer, oldest first. */
  const owners = new LRUCache<string, readonly string[]>({ max: KEPT_MARKS });
  /** How many conversations began with the same words. */
  const begun = new LRUCache<string, number>({ max: KEPT });

  const owning = ({ key, telling }: Mark, opening: string, compacted: boolean): readonly string[] => {
    const all = owners.get(key) ?? [];
    const alike = all.filter((id) => openingOf(id) === opening);
    return alike.length > 0 ? alike : telling || compacted ? all : [];
  };

  const byAnswers = (marks: readonly Mark[], opening: string, compacted: boolean): string | undefined => {
    let among: readonly string[] = [];
    for (const mark of marks) {
      const found = owning(mark, opening, compacted);
      const both = among.length === 0 ? found : among.filter((id) => found.includes(id));
      if (both.length > 0) among = both;
      if (among.length === 1) break;
    }
    return among.at(-1);
  };

  const begin = (opening: string): string => {
    const count = (begun.get(opening) ?? 0) + 1;
    begun.set(opening, count);
    return idOf(opening, count);
  };

  return {
    find: (messages) => {
      const turns = turnsOf(messages);
      const opening = conversationKey(messages);
      const compacted = summariesIn(turns).length > 0;
      if (!compacted && !turns.some(({ role }) => role === 'assistant' || role === 'tool')) return begin(opening);
      const known = byAnswers(marksIn(messages, turns), opening, compacted);
      if (known !== undefined) return known;
      const count = begun.get(opening);
      return count === undefined ? begin(opening) : idOf(opening, count);
    },
    get: (id) => remembered.get(id),
    set: (id, value) => {
      remembered.set(id, value);
    },
    answered: (id, answer) => {
      for (const { key } of marksOf(answer)) owners.set(key, [...(owners.get(key) ?? []).filter((one) => one !== id), id]);
    },
  };
}

/** The same for conversations that begin with the same words of the user's, whatever the host put around them. */
export function conversationKey(messages: readonly Message[]): string {
  const opening = ownWords(turnsOf(messages)).find((words) => words !== '') ?? '';
  return digest(opening);
}

function idOf(opening: string, count: number): string {
  return count === 1 ? opening : `${opening}-${String(count)}`;
}

function openingOf(id: string): string {
  return id.split('-')[0] ?? id;
}

/** What a request shows of earlier answers, the newest first: that is the least likely to be shared. */
function marksIn(messages: readonly Message[], turns: readonly Turn[]): Mark[] {
  const answers = messages.flatMap(({ role, parts }, index): Mark[] => {
    if (role !== 'assistant') return [];
    const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.id] : []));
    return marksOf({ text: turns[index]?.text ?? '', calls }).reverse();
  });
  return [...answers.reverse(), ...summariesIn(turns).map(headMark)];
}

function marksOf({ text, calls }: Answered): Mark[] {
  const words = normalised(text);
  return [
    ...calls.map((id): Mark => ({ key: `call ${id}`, telling: id.length >= TELLING_ID_CHARS })),
    ...(words === '' ? [] : [{ key: `text ${digest(words)}`, telling: words.length >= TELLING_TEXT_CHARS }]),
    // A host that asked for a summary puts it, or what stands between these tags, in the place of earlier turns.
    ...[text, summaryIn(text)].flatMap((part) => (part !== undefined && normalised(part).length >= HEAD_CHARS ? [headMark(part)] : [])),
  ];
}

function summaryIn(text: string): string | undefined {
  return /<summary>([\s\S]*)<\/summary>/iu.exec(text)?.[1];
}

function headMark(text: string): Mark {
  return { key: `head ${digest(normalised(text).slice(0, HEAD_CHARS))}`, telling: true };
}

/** Hosts trim answers and join their lines in their own ways. */
function normalised(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
