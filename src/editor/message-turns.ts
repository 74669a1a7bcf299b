// Messages as the router reads them: who said what, without images and tool arguments.
import type { Message } from '../router/ports';
import type { Turn } from '../router/types';

export function turnsOf(messages: readonly Message[]): Turn[] {
  return messages.map(({ role, parts }) => ({
    role,
    text: parts.map((part) => (part.type === 'text' || part.type === 'tool_result' ? part.text : '')).join(''),
  }));
}
