// A tool's JSON Schema as the grammar that holds the model to it. The grammar knows no optional properties: they may
// be null instead, and those nulls are taken out of the answer again. What the grammar does not know becomes "any".
import type { GbnfJsonSchema } from 'node-llama-cpp';

type Json = Readonly<Record<string, unknown>>;

const ANY: GbnfJsonSchema = {
  oneOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'array' },
    { type: 'object', additionalProperties: true },
  ],
};
const BASIC = ['string', 'number', 'integer', 'boolean', 'null'] as const;
const DEEPEST = 24;

/** Undefined for a tool without input. */
export function toGrammarSchema(schema: object | undefined): GbnfJsonSchema | undefined {
  if (schema === undefined || Object.keys(recordOf((schema as Json)['properties'])).length === 0) return undefined;
  return convert({ ...schema, type: 'object' }, { defs: defsOf(schema), depth: 0 });
}

interface Scope {
  readonly defs: Json;
  readonly depth: number;
}

function convert(schema: unknown, scope: Scope): GbnfJsonSchema {
  if (!isRecord(schema) || scope.depth > DEEPEST) return ANY;
  const inner = { ...scope, depth: scope.depth + 1 };
  if (typeof schema['$ref'] === 'string') return convert(scope.defs[lastOf(schema['$ref'])], inner);
  const description = typeof schema['description'] === 'string' ? { description: schema['description'] } : {};
  return { ...description, ...(oneOf(schema, inner) ?? literal(schema) ?? byType(schema, inner)) };
}

function oneOf(schema: Json, scope: Scope): GbnfJsonSchema | undefined {
  const choices = schema['oneOf'] ?? schema['anyOf'];
  return Array.isArray(choices) && choices.length > 0 ? { oneOf: choices.map((one) => convert(one, scope)) } : undefined;
}

function literal(schema: Json): GbnfJsonSchema | undefined {
  const { const: only, enum: some } = schema;
  if (isLiteral(only)) return { const: only };
  return Array.isArray(some) && some.length > 0 && some.every(isLiteral) ? { enum: some } : undefined;
}

function byType(schema: Json, scope: Scope): GbnfJsonSchema {
  const { type } = schema;
  if (Array.isArray(type)) {
    const basic = BASIC.filter((name) => type.includes(name));
    if (basic.length === type.length && basic.length > 0) return { type: basic };
    return { oneOf: type.map((one: unknown) => convert({ ...schema, type: one }, scope)) };
  }
  if (type === 'object' || isRecord(schema['properties'])) return objectOf(schema, scope);
  if (type === 'array') return { type: 'array', ...('items' in schema ? { items: convert(schema['items'], scope) } : {}) };
  const basic = BASIC.find((name) => name === type);
  return basic ? { type: basic } : ANY;
}

function objectOf(schema: Json, scope: Scope): GbnfJsonSchema {
  const properties = recordOf(schema['properties']);
  const required = requiredOf(schema);
  const names = Object.keys(properties);
  // A map with keys of its own choosing.
  if (names.length === 0) return { type: 'object', additionalProperties: true };
  const converted = names.map((name) => {
    const own = convert(properties[name], scope);
    return [name, required.has(name) ? own : orNull(own)] as const;
  });
  return { type: 'object', properties: Object.fromEntries(converted), required: names.filter((name) => required.has(name)) };
}

function orNull(schema: GbnfJsonSchema): GbnfJsonSchema {
  if ('type' in schema && Object.keys(schema).every((key) => key === 'type' || key === 'description')) {
    const basic = BASIC.filter((name) => name === schema.type || (Array.isArray(schema.type) && schema.type.includes(name as never)));
    if (basic.length > 0) return { ...schema, type: [...new Set([...basic, 'null' as const])] };
  }
  return { oneOf: [schema, { type: 'null' }] };
}

/** Takes out what stands for "left out". */
export function withoutNulls(schema: unknown, value: unknown, defs: Json = isRecord(schema) ? defsOf(schema) : {}): unknown {
  if (!isRecord(schema)) return value;
  if (typeof schema['$ref'] === 'string') return withoutNulls(defs[lastOf(schema['$ref'])], value, defs);
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNulls(schema['items'], item, defs));
  if (!isRecord(value)) return value;
  const properties = recordOf(schema['properties']);
  const required = requiredOf(schema);
  const kept = Object.entries(value).filter(([name, item]) => item !== null || required.has(name) || !(name in properties));
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutNulls(properties[name], item, defs)]));
}

function lastOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

function requiredOf(schema: Json): Set<unknown> {
  return new Set(Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : []);
}

function defsOf(schema: object): Json {
  const { $defs, definitions } = schema as { $defs?: unknown; definitions?: unknown };
  return { ...recordOf(definitions), ...recordOf($defs) };
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLiteral(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
