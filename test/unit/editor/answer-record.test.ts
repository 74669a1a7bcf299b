import { describe, expect, it } from 'vitest';
import { createAnswerRecord } from '../../../src/editor/answer-record';
import type { RunEvent } from '../../../src/router/running/execute';
import type { Running } from '../../../src/router/choosing/running';
import type { Decision } from '../../../src/router/types';
import { RouterError } from '../../../src/shared/errors';

const decision = (fields: Partial<Decision> = {}): Decision => ({ id: 'd', model: 'first', fallbacks: ['second'], reasons: [], ...fields }) as Decision;

/** Each event comes so many milliseconds after the one before. */
function recorded(events: readonly (readonly [number, RunEvent])[], decided = decision()) {
  let now = 1000;
  const record = createAnswerRecord({ decision: decided, promptTokens: 4000, now: () => now });
  for (const [ms, event] of events) {
    now += ms;
    record.see(event);
  }
  return record;
}

const text = (words: string): RunEvent => ({ type: 'text', text: words });
const announce = (model: string): RunEvent => ({ type: 'announce', model });
const before: Running = { model: 'first', at: 0, promptTokens: 10, requests: 3 };

describe('what is kept of an answer', () => {
  it('is its text, its calls and what the server counted', () => {
    const record = recorded([
      [0, announce('first')],
      [100, text('I read ')],
      [10, text('a.ts')],
      [10, { type: 'tool_call', id: 'c1', name: 'read', input: {} }],
      [5, { type: 'usage', usage: { inputTokens: 5000, outputTokens: 9, cachedInputTokens: 3000 } }],
    ]);
    expect(record.answered()).toEqual({ text: 'I read a.ts', calls: ['c1'] });
    expect(record.running(before)).toEqual({ model: 'first', at: 1125, promptTokens: 5000, cachedTokens: 3000, requests: 4 });
  });

  it('goes by the estimate where the answer was cut off before it was counted', () => {
    expect(recorded([[0, announce('first')], [1, text('I')]]).running(undefined)).toEqual({ model: 'first', at: 1001, promptTokens: 4000, requests: 1 });
  });

  it('is nothing when no word came', () => {
    expect(recorded([[0, announce('first')]]).running(before)).toBeUndefined();
  });

  it('names the model that answered and the one it stood in for', () => {
    const error = new RouterError('server', 'down');
    const record = recorded([[0, announce('first')], [9, { type: 'switched', from: 'first', to: 'second', error }], [0, announce('second')], [9, text('hi')]]);
    expect(record.running(undefined)).toMatchObject({ model: 'second', standsInFor: 'first' });
  });

  it('knows the model that was passed over because it rests', () => {
    const passed = decision({ model: 'second', reasons: [{ kind: 'resting', model: 'first', untilMs: 9, code: 'server' }] });
    expect(recorded([[0, announce('second')], [9, text('hi')]], passed).running(undefined)).toMatchObject({ model: 'second', standsInFor: 'first' });
  });

  it('measures how fast a model reads a prompt that is new to it', () => {
    const record = recorded([[50, announce('first')], [2000, text('hi')]]);
    expect(record.tokensPerSecond(undefined)).toEqual({ first: 2000 });
    expect(record.tokensPerSecond({ ...before, model: 'second' })).toEqual({ first: 2000 });
    expect(record.tokensPerSecond(before)).toEqual({});
  });
});
