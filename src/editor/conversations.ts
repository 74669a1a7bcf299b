// Remembers what each conversation was routed to, so that an agent's tool loop stays with one model.
import { createHash } from 'node:crypto';
import type { Message } from '../router/ports';
import type { Decision } from '../router/types';

const KEPT = 200;

export interface Remembered {
  readonly decision: Decision;
  /** The candidate that answered last; a fallback may have taken over. */
  readonly model: string;
}

export interface Conversations {
  get(key: string): Remembered | undefined;
  set(key: string, remembered: Remembered): void;
}

export function createConversations(): Conversations {
  const byKey = new Map<string, Remembered>();
  return {
    get: (key) => byKey.get(key),
    set: (key, remembered) => {
      byKey.delete(key);
      byKey.set(key, remembered);
      for (const oldest of byKey.keys()) {
        if (byKey.size <= KEPT) break;
        byKey.delete(oldest);
      }
    },
  };
}

/** VS Code gives no session id: a conversation is known by its system text and its first user message. */
export function conversationKey(messages: readonly Message[]): string {
  const hash = createHash('sha256');
  for (const message of messages) {
    hash.update(message.role).update('\0').update(textOf(message)).update('\0');
    if (message.role === 'user') break;
  }
  return hash.digest('hex').slice(0, 32);
}

/** True inside a tool loop: since the last word of the assistant there were tool results, not a new question. */
export function isToolTurn(messages: readonly Message[]): boolean {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const role = messages[index]?.role;
    if (role === 'tool') return true;
    if (role === 'assistant') return false;
  }
  return false;
}

export function textOf(message: Message): string {
  return message.parts
    .map((part) => {
      if (part.type === 'text' || part.type === 'tool_result') return part.text;
      return '';
    })
    .join('');
}
