// Ends a stream as soon as what comes is of no use: behind the block, in the code below the cursor, in chatter.
import type { Place } from './place';
import { withSyntax, type Syntax } from './syntax';
import { cutOverrun, insertionFrom, type Insertion } from './trim';

export interface Stop {
  /** Takes the next piece; true when the rest of the stream is not wanted. */
  add(piece: string): boolean;
  /** Everything that came so far, as it came. */
  raw(): string;
  /** The same, trimmed. */
  insertion(): Insertion;
  /** The whole lines that came so far, trimmed: what can be shown before the stream ends. */
  wholeLines(): Insertion;
}

/** Most characters read of one answer, whatever the server was asked for. */
const MOST_CHARS = 16_000;

/** `syntax` is asked once, when the first line is complete: by then the request is on its way. */
export function createStop(place: Place, syntax?: Syntax): Stop {
  let all = '';
  let known: Place | undefined;
  const here = (): Place => (known ??= withSyntax(place, syntax));
  const complete = (): string => all.slice(0, all.lastIndexOf('\n') + 1);
  return {
    add: (piece) => {
      all += piece;
      if (all.length > MOST_CHARS) return true;
      return piece.includes('\n') && cutOverrun(complete(), here(), true).ended;
    },
    raw: () => all,
    insertion: () => insertionFrom(all, here()),
    wholeLines: () => insertionFrom(complete(), here()),
  };
}
