// Messages as node-llama-cpp's chat history: a tool's result belongs to the call it answers, and what a model said in
// several messages without the user in between is one turn of its.
import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelResponse } from 'node-llama-cpp';
import type { Message, Part } from '../../router/ports';

export function toHistory(messages: readonly Message[]): ChatHistoryItem[] {
  const results = resultsOf(messages);
  const history: ChatHistoryItem[] = [];
  for (const { role, parts } of messages) {
    if (role === 'system' || role === 'user') {
      const text = textOf(parts);
      if (text !== '') history.push({ type: role, text });
    } else if (role === 'assistant') {
      const response = responseOf(parts, results);
      const last = history.at(-1);
      if (last?.type === 'model') last.response.push(...response);
      else history.push({ type: 'model', response });
    }
  }
  return history;
}

function resultsOf(messages: readonly Message[]): ReadonlyMap<string, string> {
  const results = new Map<string, string>();
  for (const part of messages.flatMap(({ parts }) => parts)) {
    if (part.type === 'tool_result') results.set(part.id, part.isError === true ? `Error: ${part.text}` : part.text);
  }
  return results;
}

function responseOf(parts: readonly Part[], results: ReadonlyMap<string, string>): ChatModelResponse['response'] {
  let calls = 0;
  return parts.flatMap((part): ChatModelResponse['response'] => {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [part.text];
      case 'thinking':
        return part.text === '' ? [] : [{ type: 'segment', segmentType: 'thought', text: part.text, ended: true }];
      case 'tool_call':
        return [callOf(part, results.get(part.id), (calls += 1) === 1)];
      case 'image':
      case 'tool_result':
        return [];
    }
  });
}

function callOf({ name, input }: Extract<Part, { type: 'tool_call' }>, result: string | undefined, startsNewChunk: boolean): ChatModelFunctionCall {
  return { type: 'functionCall', name, params: input, result: result ?? 'There is no result.', startsNewChunk };
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
