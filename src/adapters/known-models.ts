// What is known of well-known models without asking anybody: windows, abilities, prices, families, release dates, from
// models/catalog.json. Each row there names its source and the day it was read. Servers know better, and users best.
import * as z from 'zod';
import data from '../../models/catalog.json';
import { fimFormatFor } from '../completion/fim-formats';
import type { Candidate } from '../router/types';
import { hostOf } from './locality';

const date = z.string().regex(/^\d{4}-\d{2}(?:-\d{2})?$/u);
const perMillion = z.number().min(0);

const known = z.strictObject({
  /** The publisher's name for it; matches with a date or `latest` at its end too. */
  model: z.string().min(1),
  /** True for open models, which go by many names: whatever begins so is meant. */
  startsWith: z.literal(true).optional(),
  contextTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
  /** All that it can do; left out when not known. */
  capabilities: z.array(z.enum(['tools', 'vision', 'fim', 'thinking'])).optional(),
  fimFamily: z.string().optional(),
  released: date.optional(),
  /** Host whose price it is: the same model costs something else elsewhere. */
  seller: z.string().optional(),
  /** USD per million tokens. */
  price: z.strictObject({ input: perMillion, output: perMillion, cachedInput: perMillion.optional(), cacheWrite: perMillion.optional() }).optional(),
  /** OpenAI's newer models call tools by Responses alone, or better. */
  api: z.literal('responses').optional(),
  source: z.url({ protocol: /^https$/u }),
  asOf: date,
});

export type KnownModel = z.infer<typeof known>;
export type KnownFacts = Pick<Candidate, 'contextTokens' | 'maxOutputTokens' | 'price' | 'family' | 'fimFamily' | 'released' | 'api'> & {
  /** Undefined when not known. */
  readonly capabilities?: Candidate['capabilities'];
};

/** Throws when the file that ships with the product is not what it should be. */
export function readKnownModels(content: unknown = data): readonly KnownModel[] {
  return z.object({ known: z.array(known) }).parse(content).known;
}

/** By the name as it is compared; made at the first question, since activation must not wait for it. */
let table: ReadonlyMap<string, KnownModel> | undefined;

/** What is known of a model by its name on any server; its price only where that server is the seller. */
export function knownFacts({ model, endpoint }: Pick<Candidate, 'model' | 'endpoint'>): KnownFacts {
  const { contextTokens, maxOutputTokens, capabilities, released, seller, price, api, fimFamily }: Partial<KnownModel> = lookUp(comparable(model)) ?? {};
  const host = hostOf(endpoint);
  return stated({
    contextTokens,
    maxOutputTokens,
    capabilities,
    released,
    price: price && seller === host ? stated(price) : undefined,
    api: api && isOpenAi(host) ? ('prefer-responses' as const) : undefined,
    family: familyOf(model),
    fimFamily: fimFamily ?? fimFormatFor(model)?.family,
  });
}

/** The fields that have a value. */
export function stated<T extends object>(fields: T): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<typeof stated<T>>;
}

export function isOpenAi(host: string): boolean {
  return host === 'api.openai.com' || /\.(?:openai|services\.ai)\.azure\.com$/u.test(host);
}

function lookUp(name: string): KnownModel | undefined {
  table ??= new Map(readKnownModels().map((one) => [comparable(one.model), one]));
  const exact = table.get(name) ?? table.get(`${name}-latest`) ?? table.get(name.replace(/-(?:latest|\d{8}|\d{4}-\d{2}-\d{2})$/u, ''));
  if (exact) return exact;
  const beginnings = [...table].filter(([start, { startsWith }]) => startsWith === true && name.startsWith(start));
  return beginnings.sort(([one], [other]) => other.length - one.length)[0]?.[1];
}

/** `Qwen/Qwen3-Coder-30B-A3B.gguf`, `qwen3-coder:30b` and `anthropic/claude-sonnet-4.5` as the table has them. */
function comparable(model: string): string {
  const name = model.toLowerCase().split(/[/\\]/u).at(-1) ?? '';
  return name.replace(/\.gguf$/u, '').replace(/[:@](?=latest$|free$).*$/u, '').replace(/[.:@_]/gu, '-');
}

/** First match counts. Models of one family read each other's history. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/claude/u, 'claude'],
  [/gpt-oss/u, 'gpt-oss'],
  [/(?:^|[/-])(?:chat)?gpt|^o[1-9](?:-|$)|[/]o[1-9](?:-|$)|codex/u, 'gpt'],
  [/gemini/u, 'gemini'],
  [/gemma/u, 'gemma'],
  [/deepseek/u, 'deepseek'],
  [/codestral|devstral|magistral|ministral|mistral|mixtral|pixtral/u, 'mistral'],
  [/grok/u, 'grok'],
  [/kimi|moonshot/u, 'kimi'],
  [/(?:^|[/])glm|chatglm/u, 'glm'],
  [/qwen|qwq|qvq/u, 'qwen'],
  [/llama/u, 'llama'],
  [/granite/u, 'granite'],
  [/minimax/u, 'minimax'],
  [/(?:^|[/])phi[-\d]/u, 'phi'],
  [/star-?coder/u, 'starcoder'],
];

export function familyOf(model: string): string | undefined {
  const name = model.toLowerCase();
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
}
