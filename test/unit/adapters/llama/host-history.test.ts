import { describe, expect, it } from 'vitest';
import { toHistory } from '../../../../src/adapters/llama/host-history';
import type { Message, Part } from '../../../../src/router/ports';

const text = (said: string): Part => ({ type: 'text', text: said });
const call = (id: string, input: unknown = {}): Part => ({ type: 'tool_call', id, name: 'read', input });
const result = (id: string, said: string, isError = false): Part => ({ type: 'tool_result', id, text: said, isError });

const rows: [string, Message[], unknown[]][] = [
  [
    'system, user and model turns stay in order',
    [
      { role: 'system', parts: [text('Be brief.')] },
      { role: 'user', parts: [text('What '), text('now?')] },
      { role: 'assistant', parts: [text('This.')] },
      { role: 'user', parts: [text('Why?')] },
    ],
    [{ type: 'system', text: 'Be brief.' }, { type: 'user', text: 'What now?' }, { type: 'model', response: ['This.'] }, { type: 'user', text: 'Why?' }],
  ],
  [
    'a result belongs to the call it answers, and what follows is the same turn',
    [
      { role: 'user', parts: [text('Read.')] },
      { role: 'assistant', parts: [text('I look.'), call('1', { path: 'a' }), call('2')] },
      { role: 'tool', parts: [result('2', 'no such file', true), result('1', 'content')] },
      { role: 'assistant', parts: [text('It says content.')] },
    ],
    [
      { type: 'user', text: 'Read.' },
      {
        type: 'model',
        response: [
          'I look.',
          { type: 'functionCall', name: 'read', params: { path: 'a' }, result: 'content', startsNewChunk: true },
          { type: 'functionCall', name: 'read', params: {}, result: 'Error: no such file', startsNewChunk: false },
          'It says content.',
        ],
      },
    ],
  ],
  [
    'a call without a result says so',
    [{ role: 'assistant', parts: [call('1')] }],
    [{ type: 'model', response: [{ type: 'functionCall', name: 'read', params: {}, result: 'There is no result.', startsNewChunk: true }] }],
  ],
  [
    'thoughts stay thoughts, and what is empty is left out',
    [
      { role: 'user', parts: [text('')] },
      { role: 'assistant', parts: [{ type: 'thinking', text: 'hm' }, { type: 'thinking', text: '', redacted: true }, text(''), text('Yes.')] },
    ],
    [{ type: 'model', response: [{ type: 'segment', segmentType: 'thought', text: 'hm', ended: true }, 'Yes.'] }],
  ],
];

describe('a conversation as the library has it', () => {
  it.each(rows)('%s', (_what, messages, history) => {
    expect(toHistory(messages)).toEqual(history);
  });
});
