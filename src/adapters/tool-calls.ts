// Puts tool calls together that arrive in pieces. Servers differ: some leave out the index, some the id, some
// send whole calls at once, some repeat index 0 for a second call.
import { randomUUID } from 'node:crypto';
import { RouterError } from '../shared/errors';

export interface ToolCallPiece {
  readonly index?: number | undefined;
  readonly id?: string | undefined;
  readonly function?: { readonly name?: string | undefined; readonly arguments?: string | undefined } | undefined;
}

export interface ToolCall {
  readonly type: 'tool_call';
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

interface Draft {
  readonly index: number | undefined;
  id: string;
  name: string;
  json: string;
}

export interface ToolCallDrafts {
  add(piece: ToolCallPiece): void;
  /** All calls, in order. Throws RouterError `malformed` when the arguments of one are no JSON. */
  finish(): ToolCall[];
}

export function createToolCallDrafts(): ToolCallDrafts {
  const drafts: Draft[] = [];
  const draftFor = (piece: ToolCallPiece): Draft => {
    const open = piece.index === undefined ? drafts.at(-1) : drafts.findLast((draft) => draft.index === piece.index);
    if (open && goesOn(open, piece)) return open;
    const draft: Draft = { index: piece.index, id: '', name: '', json: '' };
    drafts.push(draft);
    return draft;
  };
  return {
    add: (piece) => {
      const draft = draftFor(piece);
      draft.id ||= piece.id ?? '';
      draft.name ||= piece.function?.name ?? '';
      draft.json += piece.function?.arguments ?? '';
    },
    finish: () =>
      drafts.map(({ id, name, json }) => ({ type: 'tool_call', id: id || newCallId(), name, input: parseInput(name, json) })),
  };
}

/** The same id goes on, another begins anew. Without ids a name begins anew, unless the index says otherwise. */
function goesOn(open: Draft, piece: ToolCallPiece): boolean {
  if (piece.id) return open.id === '' || open.id === piece.id;
  return piece.index !== undefined || !piece.function?.name;
}

export function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

/** Throws RouterError `malformed` where the text is no JSON; nothing at all means no arguments. */
export function parseInput(name: string, json: string): unknown {
  if (json.trim() === '') return {};
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RouterError('malformed', `The model called the tool “${name}” with arguments that cannot be read.`, { cause: error });
  }
}
