import { describe, expect, it } from 'vitest';
import { toGrammarSchema, withoutNulls } from '../../../../src/adapters/llama/host-schema';

const object = (properties: object, required: string[] = Object.keys(properties), more: object = {}) => ({ type: 'object', properties, required, ...more });
const ANY = { oneOf: [{ type: ['string', 'number', 'boolean', 'null'] }, { type: 'array' }, { type: 'object', additionalProperties: true }] };

describe('a tool’s schema as a grammar', () => {
  it.each([
    ['keeps what the grammar knows', { a: { type: 'string', description: 'A.' }, b: { type: 'array', items: { type: 'integer' } } }, { a: { type: 'string', description: 'A.' }, b: { type: 'array', items: { type: 'integer' } } }],
    ['drops limits that the grammar does not know', { a: { type: 'string', pattern: '^a', default: 'a' } }, { a: { type: 'string' } }],
    ['takes anyOf for oneOf', { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, { a: { oneOf: [{ type: 'string' }, { type: 'null' }] } }],
    ['keeps several basic types', { a: { type: ['string', 'null'] } }, { a: { type: ['string', 'null'] } }],
    ['takes several types for several schemas where one is not basic', { a: { type: ['array', 'null'], items: { type: 'string' } } }, { a: { oneOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] } }],
    ['keeps literals', { a: { enum: ['x', 1, null] }, b: { const: true } }, { a: { enum: ['x', 1, null] }, b: { const: true } }],
    ['follows references', { a: { $ref: '#/$defs/thing' } }, { a: { type: 'boolean' } }],
    ['lets a map have any keys', { a: { type: 'object' } }, { a: { type: 'object', additionalProperties: true } }],
    ['lets be anything what it does not know', { a: {}, b: { type: 'date' } }, { a: ANY, b: ANY }],
  ])('%s', (_what, properties, expected) => {
    const schema = object(properties, undefined, { $defs: { thing: { type: 'boolean' } } });
    expect(toGrammarSchema(schema)).toMatchObject({ type: 'object', properties: expected });
  });

  it('ends where references go round in circles', () => {
    const schema = object({ node: { $ref: '#/$defs/node' } }, ['node'], { $defs: { node: object({ next: { $ref: '#/$defs/node' } }) } });
    expect(JSON.stringify(toGrammarSchema(schema)).length).toBeLessThan(5000);
  });

  it('lets what may be left out be null, since the grammar has all properties', () => {
    const schema = object({ path: { type: 'string' }, line: { type: 'number' }, mode: { enum: ['r', 'w'] } }, ['path']);
    expect(toGrammarSchema(schema)).toMatchObject({
      properties: { path: { type: 'string' }, line: { type: ['number', 'null'] }, mode: { oneOf: [{ enum: ['r', 'w'] }, { type: 'null' }] } },
    });
  });

  it('is nothing for a tool without input', () => {
    expect(toGrammarSchema(undefined)).toBeUndefined();
    expect(toGrammarSchema({ type: 'object', properties: {} })).toBeUndefined();
  });
});

describe('the input of a call', () => {
  const line = { type: 'number' };
  it.each([
    ['loses nulls that stand for "left out"', object({ path: { type: 'string' }, line }, ['path']), { path: 'a', line: null }, { path: 'a' }],
    ['keeps nulls that are asked for', object({ line: { type: ['number', 'null'] } }), { line: null }, { line: null }],
    ['is cleaned in depth', object({ at: object({ line }, []), all: { type: 'array', items: object({ line }, []) } }), { at: { line: null }, all: [{ line: null }, { line: 2 }] }, { at: {}, all: [{}, { line: 2 }] }],
    ['is cleaned behind references', object({ at: { $ref: '#/$defs/at' } }, undefined, { $defs: { at: object({ line }, []) } }), { at: { line: null } }, { at: {} }],
    ['keeps what the schema does not name', object({ path: { type: 'string' } }), { path: 'a', more: null }, { path: 'a', more: null }],
  ])('%s', (_what, schema, value, expected) => {
    expect(withoutNulls(schema, value)).toEqual(expected);
  });
});
