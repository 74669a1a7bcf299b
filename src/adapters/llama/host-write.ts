// The answers being written in this child: their pieces on the way to the reader, and who waits for whom. Ghost text
// goes before chat, but never stops it for long.
import { setTimeout as pause } from 'node:timers/promises';
import { asWritingError, chat, type Writing } from './host-chat';
import { fill } from './host-fill';
import type { WriterShelf } from './host-writers';
import { PIECES_AHEAD, type HostCall, type Piece } from './protocol';
import type { WritingEnd } from './runtime';

/** Longest time that a chat waits for ghost text before its next token. */
const CHAT_WAITS_MS = 250;
/** How often a reader hears that a request waits or its file loads. */
const BUSY_MS = 5000;

export type WriteCall = Extract<HostCall, { op: 'chat' | 'fill' }>;

export interface Writers {
  write(call: WriteCall, send: (piece: Piece) => void, signal: AbortSignal): Ongoing;
}

export interface Ongoing {
  readonly end: Promise<WritingEnd>;
  /** The reader has taken so many pieces more. */
  taken(pieces: number): void;
}

export function createWriters(shelf: WriterShelf): Writers {
  const filling = new Set<Promise<unknown>>();
  const afterFills = async (): Promise<void> => {
    if (filling.size > 0) await Promise.race([Promise.allSettled(filling), pause(CHAT_WAITS_MS)]);
  };
  return {
    write: (call, send, signal) => {
      const reader = createReader(send, signal);
      const gate = call.op === 'fill' ? reader.ready : () => reader.ready().then(afterFills);
      const writing: Writing = { spec: call.model, send: reader.send, pace: { signal, gate, onProgress: reader.progress } };
      const end = shelf.use(call.model.path, signal, (writer) => {
        if (call.op === 'chat') return chat(writer, call.request, writing);
        const ongoing = fill(writer, call.request, writing);
        filling.add(ongoing);
        return ongoing.finally(() => filling.delete(ongoing));
      });
      return { end: end.catch(rethrow).finally(reader.close), taken: reader.taken };
    },
  };
}

function rethrow(error: unknown): never {
  throw asWritingError(error);
}

interface Reader {
  readonly send: (piece: Piece) => void;
  /** The model computes; from here on silence means that it hangs. */
  readonly progress: () => void;
  readonly taken: (pieces: number) => void;
  /** Resolves when the reader is not too far behind. */
  readonly ready: () => Promise<void>;
  readonly close: () => void;
}

function createReader(hand: (piece: Piece) => void, signal: AbortSignal): Reader {
  let ahead = 0;
  let wake = (): void => undefined;
  const send = (piece: Piece): void => {
    ahead += 1;
    hand(piece);
  };
  const timer = setInterval(() => send({ type: 'busy' }), BUSY_MS);
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    send,
    progress: () => {
      clearInterval(timer);
      send({ type: 'busy' });
    },
    taken: (pieces) => {
      ahead -= pieces;
      wake();
    },
    ready: async () => {
      while (ahead >= PIECES_AHEAD && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    },
    close: () => clearInterval(timer),
  };
}
