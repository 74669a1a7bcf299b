// Keeps what a model thought before a tool call, by the call's id. VS Code has no stable part to carry thoughts, and
// models go on better (some servers: only) when they get their own back with the tool's result. In memory only, and
// given back to the same model at the same server alone.
import { LRUCache } from 'lru-cache';
import type { ChatEvent, Part, Thought } from '../router/ports';
import type { Candidate } from '../router/types';

const MAX_CHARS = 8 * 1024 * 1024;

export interface ThoughtMemory {
  /** Passes the events on and remembers. */
  watch(candidate: Candidate, events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent, void, undefined>;
  /** An assistant's parts with the thoughts put before the words that led to each call. */
  restore(candidate: Candidate, parts: readonly Part[]): readonly Part[];
}

export function createThoughtMemory(): ThoughtMemory {
  const known = new LRUCache<string, readonly Thought[]>({ maxSize: MAX_CHARS, sizeCalculation: sizeOf });
  const keyOf = ({ endpoint, model }: Candidate, id: string): string => `${endpoint} ${model} ${id}`;

  async function* watch(candidate: Candidate, events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent, void, undefined> {
    let thoughts: Thought[] = [];
    for await (const event of events) {
      if (event.type === 'thinking') thoughts = joined(thoughts, event);
      if (event.type === 'tool_call' && thoughts.length > 0) {
        known.set(keyOf(candidate, event.id), thoughts);
        thoughts = [];
      }
      yield event;
    }
  }

  function restore(candidate: Candidate, parts: readonly Part[]): readonly Part[] {
    if (parts.some(({ type }) => type === 'thinking')) return parts;
    const restored: Part[] = [];
    let waiting: Part[] = [];
    for (const part of parts) {
      waiting.push(part);
      if (part.type !== 'tool_call') continue;
      restored.push(...(known.get(keyOf(candidate, part.id)) ?? []).map((thought) => toPart(candidate, thought)), ...waiting);
      waiting = [];
    }
    return [...restored, ...waiting];
  }

  return { watch, restore };
}

function toPart({ family }: Candidate, thought: Thought): Part {
  return { type: 'thinking', ...(family === undefined ? {} : { family }), ...thought };
}

/** Pieces of text go on with the thought that is open; a signature ends it. */
function joined(thoughts: readonly Thought[], { text, signature, id, redacted }: Thought): Thought[] {
  const sealed: Omit<Thought, 'text'> = {
    ...(signature === undefined ? {} : { signature }),
    ...(id === undefined ? {} : { id }),
    ...(redacted === undefined ? {} : { redacted }),
  };
  const last = thoughts.at(-1);
  if (!last || last.signature !== undefined || redacted === true) return [...thoughts, { text, ...sealed }];
  return [...thoughts.slice(0, -1), { text: last.text + text, ...sealed }];
}

function sizeOf(thoughts: readonly Thought[]): number {
  return thoughts.reduce((sum, { text, signature = '' }) => sum + text.length + signature.length + 1, 1);
}
