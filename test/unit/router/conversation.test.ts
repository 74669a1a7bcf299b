import { describe, expect, it } from 'vitest';
import { headAndTail, readTurns, stripEnvelopes } from '../../../src/router/conversation';

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
