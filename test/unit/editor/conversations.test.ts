import { describe, expect, it } from 'vitest';
import { conversationKey, createConversations, isToolTurn } from '../../../src/editor/conversations';
import type { Message } from '../../../src/router/ports';
import type { Decision } from '../../../src/router/types';

const say = (role: Message['role'], text: string): Message => ({ role, parts: [{ type: 'text', text }] });
const call: Message = { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'read', input: {} }] };
const result: Message = { role: 'tool', parts: [{ type: 'tool_result', id: '1', text: 'ok' }] };

describe('conversationKey', () => {
  it('stays the same while the conversation grows', () => {
    const start = [say('system', 'you are'), say('user', 'fix this')];
    expect(conversationKey([...start, say('assistant', 'done'), say('user', 'thanks')])).toBe(conversationKey(start));
  });

  it('differs for another first question and for another system text', () => {
    const key = conversationKey([say('system', 'a'), say('user', 'b')]);
    expect(conversationKey([say('system', 'a'), say('user', 'c')])).not.toBe(key);
    expect(conversationKey([say('system', 'x'), say('user', 'b')])).not.toBe(key);
  });
});

describe('isToolTurn', () => {
  it.each([
    ['a first question', [say('user', 'q')], false],
    ['a tool result at the end', [say('user', 'q'), call, result], true],
    ['a reminder of the host after a tool result', [say('user', 'q'), call, result, say('user', 'remember')], true],
    ['a new question after the answer', [say('user', 'q'), call, result, say('assistant', 'a'), say('user', 'q2')], false],
  ])('%s', (_title, messages, expected) => {
    expect(isToolTurn(messages)).toBe(expected);
  });
});

describe('createConversations', () => {
  it('forgets the oldest when there are too many', () => {
    const conversations = createConversations();
    const remembered = { decision: {} as Decision, model: 'm' };
    for (let index = 0; index <= 200; index += 1) conversations.set(String(index), remembered);
    expect(conversations.get('0')).toBeUndefined();
    expect(conversations.get('1')).toBe(remembered);
    expect(conversations.get('200')).toBe(remembered);
  });
});
