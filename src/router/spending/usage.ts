// Usage for answers whose server did not count: estimated from what was sent and what came back, and marked so.
import type { ChatCall, ChatEvent } from '../ports';
import { countTokens, estimateTokens } from '../tokens';

/** Passes the events on; puts an estimated usage before the end where there was none. */
export async function* withUsage(call: ChatCall, events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent, void, undefined> {
  let counted = false;
  let said = '';
  for await (const event of events) {
    counted ||= event.type === 'usage';
    said += wordsOf(event);
    if (event.type === 'finish' && !counted) {
      const outputTokens = estimateTokens(said);
      yield { type: 'usage', usage: { inputTokens: countTokens(call.messages, call.tools), outputTokens, estimated: true } };
    }
    yield event;
  }
}

function wordsOf(event: ChatEvent): string {
  if (event.type === 'text' || event.type === 'thinking') return event.text;
  return event.type === 'tool_call' ? event.name + JSON.stringify(event.input ?? {}) : '';
}
