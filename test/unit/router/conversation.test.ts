import { describe, expect, it } from 'vitest';
import { headAndTail, isUsersTurn, ownWords, readTurns, stripEnvelopes } from '../../../src/router/conversation';
import type { Turn } from '../../../src/router/types';

describe('what a classifier reads of a conversation', () => {
  it('reads the last user turn and one full turn before it', () => {
    const read = readTurns([
      { role: 'system', text: 'You are an assistant.' },
      { role: 'user', text: 'first' },
      { role: 'assistant', text: 'one' },
      { role: 'user', text: 'second' },
      { role: 'assistant', text: 'two' },
      { role: 'tool', text: 'ls output' },
      { role: 'user', text: 'third' },
      { role: 'tool', text: 'more output' },
    ]);
    expect(read).toEqual({ text: 'third', previousUser: 'second', previousAssistant: 'two' });
  });

  it.each([[[]], [[{ role: 'system' as const, text: 'x' }]], [[{ role: 'user' as const, text: '<attachments>a</attachments>' }]]])(
    'reads nothing where the user said nothing',
    (turns) => {
      expect(readTurns(turns)).toBeUndefined();
    },
  );

  it.each([
    ['<environment_info>\nOS: Linux\n</environment_info>\nfix it', 'fix it'],
    ['<context>\nThe date is …\n</context>\n<userRequest>\nwhy is it red?\n</userRequest>', 'why is it red?'],
    ['<system-reminder>todo</system-reminder>\nrename it <system-reminder>again</system-reminder>', 'rename it'],
    ['<workspace_info>\n<task id="b">{"type":"shell"}</task>\n</workspace_info>\nfix it', 'fix it'],
    ['<context>c</context><user_query>fix the <task> tag</user_query>', 'fix the <task> tag'],
    ['<task>\nfix it\n</task>\n<environment_details>x</environment_details>', 'fix it'],
    ['why is <task>a</task> wrong?', 'why is <task>a</task> wrong?'],
    ['what does <div class="x">a</div> do', 'what does <div class="x">a</div> do'],
  ])('strips what a host wrapped around the words', (text, words) => {
    expect(stripEnvelopes(text)).toBe(words);
  });

  it('keeps head and tail of an oversized message', () => {
    const cut = headAndTail(`start${'x'.repeat(5000)}end`, 300);
    expect(cut.length).toBeLessThan(310);
    expect(cut.startsWith('start')).toBe(true);
    expect(cut.endsWith('end')).toBe(true);
  });
});

const turn = (role: Turn['role'], text = ''): Turn => ({ role, text });
const user = (text: string): Turn => turn('user', text);
const wrapped = (text: string): Turn => user(`<context>date</context><userRequest>${text}</userRequest>`);

describe('the user’s own words', () => {
  it('are only the wrapped ones of a host that wraps', () => {
    const turns = [user('When generating code, please follow these instructions.'), wrapped('fix it'), turn('assistant', 'a'), user('Summarize the conversation')];
    expect(ownWords(turns)).toEqual(['', 'fix it', '', '']);
  });

  it('are all of a host that does not', () => {
    expect(ownWords([user('fix it'), turn('assistant', 'a'), user('and that')])).toEqual(['fix it', '', 'and that']);
  });
});

describe('whether it is the user’s turn', () => {
  const loop = [turn('assistant', 'reading'), turn('tool', 'text')];
  const summary = user('<conversation-summary>so far</conversation-summary>');
  it.each<[string, Turn[], boolean]>([
    ['a first question', [user('q')], true],
    ['a first question after what the host says of itself', [turn('system', 's'), user('<environment_info>x</environment_info>'), wrapped('q')], true],
    ['a picture alone', [user('')], true],
    ['a tool’s result at the end', [user('q'), ...loop], false],
    ['a reminder of the host after a result', [user('q'), ...loop, user('remember')], false],
    ['two reminders after a result', [user('q'), ...loop, user('remember'), user('and this')], false],
    ['a host’s block after a result', [wrapped('q'), ...loop, user('<context>The terminal changed.</context>')], false],
    ['a new question after the answer', [user('q'), ...loop, turn('assistant', 'a'), user('q2')], true],
    ['a new question right after a result, in the host’s wrapping', [wrapped('q'), ...loop, wrapped('stop, do that instead')], true],
    ['an order to summarise', [wrapped('q'), ...loop, user('Summarize the conversation history so far')], false],
    ['going on from a summary', [user('<environment_info>x</environment_info>'), summary], false],
    ['going on from a summary with tools', [summary, ...loop], false],
    ['a new question after a summary', [summary, wrapped('and the tests?')], true],
    ['an answer that is to be gone on with', [user('q'), turn('assistant', 'I')], false],
  ])('%s', (_title, turns, expected) => {
    expect(isUsersTurn(turns)).toBe(expected);
  });
});
