// What is remembered of a conversation between its turns: the last route, a late answer.
// Bounded; the oldest conversation is forgotten first.
import type { Classification } from './types';

export interface Remembered {
  readonly route?: string;
  /** A classification that came too late for its own turn. */
  readonly late?: Classification;
}

export interface ConversationMemory {
  get(conversation: string): Remembered | undefined;
  update(conversation: string, change: Remembered): void;
  /** Takes the late answer, which serves one turn only. */
  takeLate(conversation: string): Classification | undefined;
}

export function createConversationMemory(capacity = 500): ConversationMemory {
  const known = new Map<string, Remembered>();
  const put = (conversation: string, value: Remembered): void => {
    known.delete(conversation);
    known.set(conversation, value);
    const oldest = known.keys().next();
    if (known.size > capacity && oldest.done !== true) known.delete(oldest.value);
  };
  return {
    get: (conversation) => known.get(conversation),
    update: (conversation, change) => {
      put(conversation, { ...known.get(conversation), ...change });
    },
    takeLate: (conversation) => {
      const { late, ...rest } = known.get(conversation) ?? {};
      if (late) put(conversation, rest);
      return late;
    },
  };
}
