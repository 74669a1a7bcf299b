// The pieces of an answer from the child as something to loop over. The child is told what has been taken, so that it
// never writes far ahead of a reader who waits; a reader who leaves stops it.
import { abortError } from '../../shared/abort';
import type { OnPiece } from './child';
import { PIECES_TAKEN, type Piece } from './protocol';
import type { Written, WritingEnd } from './runtime';

export type StartWriting = (onPiece: OnPiece, signal: AbortSignal) => Promise<WritingEnd>;

export async function* readPieces(start: StartWriting, signal: AbortSignal): AsyncGenerator<Written, void, undefined> {
  const left = new AbortController();
  const waiting: Piece[] = [];
  let wake = (): void => undefined;
  let tell: (pieces: number) => void = () => undefined;
  const state = { ended: false };
  const onPiece: OnPiece = (piece, taken) => {
    waiting.push(piece);
    tell = taken;
    wake();
  };
  const end = start(onPiece, AbortSignal.any([signal, left.signal])).finally(() => {
    state.ended = true;
    wake();
  });
  // Whoever leaves the loop early does not wait for this.
  end.catch(() => undefined);
  try {
    for (let taken = 1; ; ) {
      if (signal.aborted) throw abortError(signal);
      const piece = waiting.shift();
      if (piece) {
        yield piece;
        if (taken % PIECES_TAKEN === 0) tell(PIECES_TAKEN);
        taken += 1;
      } else if (state.ended) {
        break;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    yield { type: 'end', ...(await end) };
  } finally {
    if (!state.ended) left.abort();
  }
}
