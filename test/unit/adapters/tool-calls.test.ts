import { describe, expect, it } from 'vitest';
import { createToolCallDrafts, type ToolCallPiece } from '../../../src/adapters/tool-calls';

type Row = readonly [name: string, pieces: readonly ToolCallPiece[], calls: readonly { readonly name: string; readonly input: unknown; readonly id?: string }[]];

const piece = (index: number | undefined, id: string | undefined, name: string | undefined, args: string): ToolCallPiece => ({ index, id, function: { name, arguments: args } });

const ROWS: readonly Row[] = [
  [
    'pieces of two calls by their index, mixed',
    [piece(0, 'a', 'read', ''), piece(1, 'b', 'run', ''), piece(0, undefined, undefined, '{"p":'), piece(1, undefined, undefined, '{}'), piece(0, undefined, undefined, '1}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }, { id: 'b', name: 'run', input: {} }],
  ],
  [
    'the id with every piece',
    [piece(0, 'a', 'read', '{"p"'), piece(0, 'a', undefined, ':1}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }],
  ],
  [
    'the id and the name with every piece, without an index',
    [piece(undefined, 'a', 'read', '{"p"'), piece(undefined, 'a', 'read', ':1}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }],
  ],
  [
    'index 0 for a second call with another id (Gemini)',
    [piece(0, 'a', 'read', '{"p":1}'), piece(0, 'b', 'read', '{"p":2}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }, { id: 'b', name: 'read', input: { p: 2 } }],
  ],
  [
    'an empty id with the pieces that go on',
    [piece(0, 'a', 'read', '{"p"'), piece(0, '', '', ':1}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }],
  ],
  [
    'the id after the name',
    [piece(0, undefined, 'read', '{"p"'), piece(0, 'a', undefined, ':1}')],
    [{ id: 'a', name: 'read', input: { p: 1 } }],
  ],
  [
    'neither ids nor indexes',
    [piece(undefined, undefined, 'read', '{"p":'), piece(undefined, undefined, undefined, '1}'), piece(undefined, undefined, 'run', '')],
    [{ name: 'read', input: { p: 1 } }, { name: 'run', input: {} }],
  ],
];

describe('tool calls in pieces', () => {
  it.each(ROWS)('%s', (_name, pieces, calls) => {
    const drafts = createToolCallDrafts();
    for (const one of pieces) drafts.add(one);
    expect(drafts.finish()).toMatchObject(calls);
    expect(drafts.finish()).toHaveLength(calls.length);
  });
});
