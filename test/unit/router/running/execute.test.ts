import { describe, expect, it } from 'vitest';
import { sameModel } from '../../../../src/router/running/attempt';
import { decide } from '../../../../src/router/choosing/decide';
import { runDecision, type RunEvent } from '../../../../src/router/running/execute';
import type { Backend, ChatEvent } from '../../../../src/router/ports';
import type { Candidate } from '../../../../src/router/types';
import { RouterError } from '../../../../src/shared/errors';
import { silentLog } from '../../../../src/shared/log';

const candidate = (id: string): Candidate => ({
  id,
  provider: 'openai',
  model: id,
  locality: 'hosted',
  endpoint: 'http://127.0.0.1:1',
  capabilities: [],
  capabilitiesKnown: false,
  origin: 'settings',
});

type Script = (ChatEvent | RouterError)[];

function backendOf(scripts: Record<string, Script>): Backend {
  return {
    provider: 'openai',
    async *chat({ candidate: { id } }) {
      for (const step of scripts[id] ?? []) {
        await Promise.resolve();
        if (step instanceof RouterError) throw step;
        yield step;
      }
    },
  };
}

async function collect(scripts: Record<string, Script>): Promise<{ events: RunEvent[]; error: unknown }> {
  const candidates = Object.keys(scripts).map(candidate);
  const decision = decide({
    request: { id: 'd', surface: 'chat', turns: [], inputTokens: 1, needs: [], paths: [], languages: [] },
    policy: { routes: [], candidates, rules: [], defaultModels: Object.keys(scripts), matches: () => false },
    evidence: { classification: undefined, degraded: [] },
    now: 0,
  });
  const run = {
    decision,
    candidates,
    backends: new Map([['openai' as const, backendOf(scripts)]]),
    call: { messages: [], tools: [], toolMode: 'auto' as const, options: {} },
    log: silentLog,
    clock: { now: () => 0 },
  };
  const events: RunEvent[] = [];
  try {
    for await (const event of runDecision(run, new AbortController().signal)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const text = (words: string): ChatEvent => ({ type: 'text', text: words });
const down = new RouterError('unreachable', 'refused');

describe('carrying out a decision', () => {
  it('announces the model before its first event', async () => {
    const { events } = await collect({ a: [text('hi')] });
    expect(events).toEqual([{ type: 'announce', model: 'a' }, text('hi')]);
  });

  it('moves to the next model when the first fails before a token, and announces it', async () => {
    const { events, error } = await collect({ a: [down], b: [text('hi')] });
    expect(error).toBeUndefined();
    expect(events.map((event) => event.type)).toEqual(['announce', 'switched', 'announce', 'text']);
    expect(events[1]).toMatchObject({ from: 'a', to: 'b', error: { code: 'unreachable' } });
  });

  it('never glues a second answer onto a cut one', async () => {
    const { events, error } = await collect({ a: [text('half'), new RouterError('cut', 'cut')], b: [text('other')] });
    expect(error).toMatchObject({ code: 'cut' });
    expect(events.map((event) => event.type)).toEqual(['announce', 'text']);
  });

  it('does not run a tool call twice on two models', async () => {
    const call: ChatEvent = { type: 'tool_call', id: '1', name: 'rm', input: {} };
    const { events } = await collect({ a: [call, down], b: [call] });
    expect(events.filter((event) => event.type === 'tool_call')).toHaveLength(1);
  });

  it('gives the last error when no model answers', async () => {
    const { error } = await collect({ a: [down], b: [new RouterError('rate_limited', 'wait')] });
    expect(error).toMatchObject({ code: 'rate_limited' });
  });

  it('shows when another model ran than the one announced', async () => {
    const { events } = await collect({ a: [{ type: 'executed', model: 'cheaper' }, text('hi')] });
    expect(events).toContainEqual({ type: 'mismatch', announced: 'a', executed: 'cheaper' });
  });

  it.each([
    ['gpt-4o', 'gpt-4o-2024-08-06', true],
    ['qwen2.5-coder', 'qwen2.5-coder:latest', true],
    ['org/Model-7B', 'model-7b', true],
    ['model', '/models/model.gguf', true],
    ['gpt-4o', 'gpt-4o-mini', false],
    ['gpt-4o', 'o3', false],
    ['qwen:7b', 'qwen:1.5b', false],
  ])('asked for %s, ran %s: the same is %s', (model, executed, same) => {
    expect(sameModel({ model, provider: 'openai' }, executed)).toBe(same);
  });
});
