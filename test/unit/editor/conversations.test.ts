import { describe, expect, it } from 'vitest';
import { conversationKey, createConversations, type Conversations, type Remembered } from '../../../src/editor/conversations';
import type { Message } from '../../../src/router/ports';

const say = (role: Message['role'], text: string): Message => ({ role, parts: [{ type: 'text', text }] });
const call = (id: string, text = ''): Message => ({ role: 'assistant', parts: [...(text === '' ? [] : say('assistant', text).parts), { type: 'tool_call', id, name: 'read', input: {} }] });
const result = (id: string): Message => ({ role: 'tool', parts: [{ type: 'tool_result', id, text: 'ok' }] });
const environment = (date: string): Message => say('user', `<environment_info>\nOS: Linux\n</environment_info>\n<workspace_info>\n${date}\n<task id="build">{"type":"shell"}</task></workspace_info>`);
const request = (words: string, date = 'Monday'): Message =>
  say('user', `<attachments>\nsome file of ${date}\n</attachments>\n<context>\nThe current date is ${date}.\n</context>\n<reminderInstructions>go on</reminderInstructions>\n<userRequest>\n${words}\n</userRequest>`);
const LONG = 'The class reads its settings once and keeps them, which is why the change is not seen until the window is loaded again.';

/** Finds the conversation and answers in it, as the provider does. */
function answer(conversations: Conversations, messages: readonly Message[], said: { text?: string; calls?: string[] }): string {
  const id = conversations.find(messages);
  conversations.answered(id, { text: said.text ?? '', calls: said.calls ?? [] });
  return id;
}

describe('a conversation is known again', () => {
  it('while it grows, whatever the system text and the host’s blocks become', () => {
    const conversations = createConversations();
    const first = answer(conversations, [say('system', 'step 1'), environment('Monday'), request('fix this')], { calls: ['call_abcdef1'] });
    const second = [say('system', 'step 2, other tools'), environment('Tuesday'), request('fix this', 'Tuesday'), call('call_abcdef1'), result('call_abcdef1')];
    expect(conversations.find(second)).toBe(first);
  });

  it('when earlier turns were replaced by a summary that it has written itself', () => {
    const conversations = createConversations();
    const start = [environment('Monday'), request('fix this')];
    const id = answer(conversations, start, { calls: ['call_abcdef1'] });
    const order = say('user', 'Summarize the conversation history so far, paying special attention to …');
    const summary = `1. Conversation Overview:\n${'The user wants the crash fixed. '.repeat(20)}`;
    expect(answer(conversations, [...start, call('call_abcdef1'), result('call_abcdef1'), order], { text: `<analysis>…</analysis>\n<summary>\n${summary}</summary>` })).toBe(id);
    const compacted = [environment('Monday'), say('user', `<conversation-summary>\n${summary}\nThe whole transcript is at …\n</conversation-summary>`)];
    expect(conversations.find(compacted)).toBe(id);
    expect(conversations.find([...compacted, request('and now the tests')])).toBe(id);
  });

  it('by a tool call after the summary', () => {
    const conversations = createConversations();
    const id = answer(conversations, [request('fix this')], { calls: ['call_abcdef1'] });
    expect(conversations.find([say('user', '<conversation-summary>written elsewhere</conversation-summary>'), call('call_abcdef1'), result('call_abcdef1')])).toBe(id);
  });

  it('when its oldest turns were dropped, by a telling answer', () => {
    const conversations = createConversations();
    const id = answer(conversations, [request('fix this')], { text: LONG });
    expect(conversations.find([say('assistant', `${LONG}\n`), request('and the other class')])).toBe(id);
  });

  it('by how it began, when its answers came from elsewhere in between', () => {
    const conversations = createConversations();
    const id = answer(conversations, [request('fix this')], { text: 'done' });
    expect(conversations.find([request('fix this'), say('assistant', 'something else'), request('and that')])).toBe(id);
  });
});

describe('parallel conversations', () => {
  it('are told apart when their first words are the same, by their answers', () => {
    const conversations = createConversations();
    const one = answer(conversations, [environment('a'), request('fix this')], { calls: ['call_0'], text: 'I read a.ts' });
    const two = answer(conversations, [environment('a'), request('fix this')], { calls: ['call_0'], text: 'I read b.ts' });
    expect(two).not.toBe(one);
    expect(conversations.find([request('fix this'), call('call_0', 'I read a.ts'), result('call_0')])).toBe(one);
    expect(conversations.find([request('fix this'), call('call_0', 'I read b.ts'), result('call_0')])).toBe(two);
  });

  it('with the same short answer are told apart by their first words', () => {
    const conversations = createConversations();
    const one = answer(conversations, [request('fix this')], { text: 'Done.', calls: ['call_0'] });
    const two = answer(conversations, [request('explain this')], { text: 'Done.', calls: ['call_0'] });
    expect(conversations.find([request('fix this'), call('call_0', 'Done.'), result('call_0')])).toBe(one);
    expect(conversations.find([request('explain this'), call('call_0', 'Done.'), result('call_0')])).toBe(two);
  });

  it('a short answer does not draw a strange conversation in', () => {
    const conversations = createConversations();
    const one = answer(conversations, [request('fix this')], { text: 'Done.' });
    expect(conversations.find([request('another thing'), say('assistant', 'Done.'), request('more')])).not.toBe(one);
  });

  it('that begin alike and get the same answers count as the latest of them', () => {
    const conversations = createConversations();
    answer(conversations, [request('hi')], { text: 'Hello!' });
    const second = answer(conversations, [request('hi')], { text: 'Hello!' });
    expect(conversations.find([request('hi'), say('assistant', 'Hello!'), request('more')])).toBe(second);
  });
});

describe('conversationKey', () => {
  it('goes by the user’s first words alone', () => {
    const key = conversationKey([say('system', 'a'), environment('Monday'), request('fix this')]);
    expect(conversationKey([say('system', 'b'), environment('Friday'), request('fix this', 'Friday'), say('assistant', 'x')])).toBe(key);
    expect(conversationKey([request('fix that')])).not.toBe(key);
  });
});

describe('what is remembered', () => {
  it('is forgotten for the oldest conversations when there are too many', () => {
    const conversations = createConversations();
    const remembered = { choice: 'auto' } as Remembered;
    for (let index = 0; index <= 200; index += 1) conversations.set(String(index), remembered);
    expect(conversations.get('0')).toBeUndefined();
    expect(conversations.get('200')).toBe(remembered);
  });
});
