import { describe, expect, it } from 'vitest';
import { fittingHistory, withFittingHistory } from '../../../../src/router/running/history';
import type { ChatCall, Message, Part } from '../../../../src/router/ports';
import { candidate, collect } from '../../../support/adapters';

const text = (words: string): Part => ({ type: 'text', text: words });
const say = (role: Message['role'], ...words: string[]): Message => ({ role, parts: words.map(text) });
const call = (id: string, name = 'read'): Message => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name, input: {} }] });
const result = (id: string, words = 'ok'): Message => ({ role: 'tool', parts: [{ type: 'tool_result', id, text: words }] });

/** `role:what` of every message, ids included. */
function shape(messages: readonly Message[]): string[] {
  return messages.map(({ role, parts }) => `${role}: ${parts.map(partText).join(' + ')}`);
}

function partText(part: Part): string {
  if (part.type === 'tool_call') return `call ${part.id}`;
  if (part.type === 'tool_result') return `result ${part.id}${part.isError === true ? ' failed' : ''}`;
  return part.type === 'image' ? 'image' : part.type === 'thinking' ? `thought ${part.text}` : part.text.replaceAll('\n', '/');
}

const fit = (family: string | undefined, ...messages: Message[]): string[] =>
  shape(fittingHistory(messages, family === undefined ? {} : { family }));

const idsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_call' || part.type === 'tool_result' ? [part.id] : [])));

describe('ids of tool calls', () => {
  const odd = 'functions.read:0|x';
  const long = `call_${'a'.repeat(60)}`;
  it.each([
    ['mistral', 'call_9hA2kq7w', /^[a-z\d]{9}$/iu],
    ['mistral', 'toolu_01AbCdEf', /^[a-z\d]{9}$/iu],
    ['claude', odd, /^[a-zA-Z0-9_-]{1,64}$/u],
    ['gpt', long, /^[\w-]{1,40}$/u],
    ['qwen', odd, /^[\w-]{1,40}$/u],
    [undefined, odd, /^[\w-]{1,40}$/u],
  ])('take the form that %s wants, for call and result alike (%s)', (family, id, form) => {
    const ids = idsOf(fittingHistory([say('user', 'q'), call(id), result(id)], { ...(family === undefined ? {} : { family }) }));
    expect(ids[0]).toMatch(form);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it.each([
    ['mistral', 'D681PevKs'],
    ['claude', 'toolu_01A09q90qw90lq917835lq9'],
    ['gpt', 'call_abc123'],
    [undefined, 'call_0'],
  ])('stay as they are where they fit (%s)', (family, id) => {
    expect(idsOf(fittingHistory([say('user', 'q'), call(id), result(id)], family === undefined ? {} : { family }))).toEqual([id, id]);
  });

  it('are made unique when a server numbers each answer anew, and results follow their own call', () => {
    const messages = fittingHistory([say('user', 'q'), call('call_0'), result('call_0', 'one'), call('call_0'), result('call_0', 'two')], {});
    const ids = idsOf(messages);
    expect(ids[0]).toBe('call_0');
    expect(ids[1]).toBe('call_0');
    expect(ids[2]).not.toBe('call_0');
    expect(ids[3]).toBe(ids[2]);
  });

  it('do not change when the conversation grows', () => {
    const start = [say('user', 'q'), call(odd), result(odd), call(odd), result(odd)];
    const before = fittingHistory(start, { family: 'mistral' });
    const after = fittingHistory([...start, call('new'), result('new')], { family: 'mistral' });
    expect(after.slice(0, before.length)).toEqual(before);
    expect(new Set(idsOf(after)).size).toBe(3);
  });

  it('tell several calls of one answer apart', () => {
    const calls: Message = { role: 'assistant', parts: [...call('a b').parts, ...call('a c').parts] };
    const [first, second, ...results] = idsOf(fittingHistory([say('user', 'q'), calls, result('a c'), result('a b')], { family: 'claude' }));
    expect(first).not.toBe(second);
    expect(results).toEqual([second, first]);
  });
});

describe('calls and results that lack their other half', () => {
  it.each<[string, Message[], string[]]>([
    ['a call without a result', [say('user', 'q'), call('1'), say('user', 'stop')], ['user: q', 'assistant: call 1', 'tool: result 1 failed', 'user: stop']],
    ['a call at the end', [say('user', 'q'), call('1')], ['user: q', 'assistant: call 1', 'tool: result 1 failed']],
    ['a result without a call', [say('user', 'q'), result('9', 'text of a file')], ['user: q', 'user: Result of an earlier tool call:/text of a file']],
    [
      'one of two calls',
      [say('user', 'q'), { role: 'assistant', parts: [...call('1').parts, ...call('2').parts] }, result('2'), say('assistant', 'done')],
      ['user: q', 'assistant: call 1 + call 2', 'tool: result 2', 'tool: result 1 failed', 'assistant: done'],
    ],
    ['a result that comes twice', [say('user', 'q'), call('1'), result('1'), result('1', 'again')], ['user: q', 'assistant: call 1', 'tool: result 1', 'user: Result of an earlier tool call:/again']],
  ])('mends %s', (_title, messages, expected) => {
    expect(fit('gpt', ...messages)).toEqual(expected);
  });
});

describe('thoughts', () => {
  const thought = (family: string | undefined): Message => ({
    role: 'assistant',
    parts: [{ type: 'thinking', text: 'hm', signature: 's', ...(family === undefined ? {} : { family }) }, ...call('1').parts],
  });
  it.each([
    ['claude', 'claude', ['user: q', 'assistant: thought hm + call 1', 'tool: result 1']],
    ['claude', 'gpt', ['user: q', 'assistant: call 1', 'tool: result 1']],
    ['deepseek', undefined, ['user: q', 'assistant: call 1', 'tool: result 1']],
  ])('of %s go to %s only in one family', (from, to, expected) => {
    expect(fit(to, say('user', 'q'), thought(from), result('1'))).toEqual(expected);
  });

  it('leave nothing behind when they were all there was', () => {
    const alone: Message = { role: 'assistant', parts: [{ type: 'thinking', text: 'hm', family: 'claude' }] };
    expect(fit('gpt', say('user', 'a'), alone, say('user', 'b'))).toEqual(['user: a', 'user: b']);
  });
});

describe('roles', () => {
  it.each<[string, string | undefined, Message[], string[]]>([
    ['two user messages become one for an open model', 'gemma', [say('user', 'a'), say('user', 'b')], ['user: a + // + b']],
    ['two system messages become one for an unknown model', undefined, [say('system', 'a'), say('system', 'b'), say('user', 'q')], ['system: a + // + b', 'user: q']],
    ['they stay two for GPT', 'gpt', [say('user', 'a'), say('user', 'b')], ['user: a', 'user: b']],
    ['an image gets no blank line', 'gemma', [{ role: 'user', parts: [{ type: 'image', mimeType: 'image/png', data: new Uint8Array(1) }] }, say('user', 'b')], ['user: image + b']],
    [
      'Mistral takes no user right after a tool',
      'mistral',
      [say('user', 'q'), call('abcdefghi'), result('abcdefghi'), say('user', 'and now?')],
      ['user: q', 'assistant: call abcdefghi', 'tool: result abcdefghi', 'assistant: OK.', 'user: and now?'],
    ],
    ['a history that was cut in the middle begins with the user', 'llama', [say('system', 's'), say('assistant', 'a'), say('user', 'b')], ['system: s', 'user: (The beginning of this conversation was left out.)', 'assistant: a', 'user: b']],
    ['empty texts and messages go', 'gpt', [say('user', '', 'q'), say('assistant', ''), say('user', 'r')], ['user: q', 'user: r']],
  ])('%s', (_title, family, messages, expected) => {
    expect(fit(family, ...messages)).toEqual(expected);
  });
});

describe('withFittingHistory', () => {
  it('fits every request to its own candidate', async () => {
    const seen: ChatCall[] = [];
    const backend = withFittingHistory({
      provider: 'openai',
      chat: async function* (asked) {
        seen.push(asked);
        yield { type: 'finish', reason: 'stop' };
      },
    });
    const messages = [say('user', 'q'), call('call_1'), result('call_1')];
    for (const family of ['mistral', 'gpt']) {
      const one = candidate({ endpoint: 'http://x', model: 'm', family });
      await collect(backend.chat({ candidate: one, messages, tools: [], toolMode: 'auto', options: {} }, new AbortController().signal));
    }
    expect(idsOf(seen[0]!.messages)[0]).toMatch(/^[a-z\d]{9}$/u);
    expect(idsOf(seen[1]!.messages)).toEqual(['call_1', 'call_1']);
  });
});
