// GGUF files as models to choose from: what lies in the folder of downloads, and what the settings name. Only headers
// are read, and only when a file has changed.
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { detectDialect } from '../router/dialects/pick';
import { billionsIn } from '../router/choosing/size';
import type { Candidate, Capability } from '../router/types';
import { messageOf } from '../shared/errors';
import type { Log } from '../shared/log';
import { OWN_PROCESS } from './candidates';
import { readGgufFacts, type GgufFacts } from './download/gguf-header';
import { stated } from './known-models';

export interface LlamaModelsDeps {
  /** Of downloaded models; need not exist. */
  readonly folder: string;
  /** Files that the settings name as models. */
  readonly named: readonly string[];
  /** Files that do other work, such as reading routes: their names or paths. */
  readonly others: readonly string[];
  readonly setAside: readonly { readonly path: string; readonly what: string }[];
  readonly log: Log;
}

export type LlamaModels = (deps: LlamaModelsDeps) => Promise<Candidate[]>;

/** A larger window than this is taken only when the settings say so: memory grows with it. */
const USUAL_WINDOW_TOKENS = 32_768;

interface Known {
  readonly stamp: string;
  readonly facts: GgufFacts | Error;
}

/** Never rejects: a file that cannot be used says so in its candidate, or is left out where nobody asked for it. */
export function createLlamaModels(): LlamaModels {
  const known = new Map<string, Known>();
  return async (deps) => {
    const found = await filesIn(deps);
    const paths = [...new Set([...deps.named, ...found])];
    for (const path of known.keys()) if (!paths.includes(path)) known.delete(path);
    const candidates = await Promise.all(
      paths.map(async (path) => toCandidate(path, await factsOf(path, known), { ...deps, asked: deps.named.includes(path) })),
    );
    return candidates.filter((candidate) => candidate !== undefined);
  };
}

async function filesIn({ folder, others, log }: LlamaModelsDeps): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    log.trace(`no folder of models yet: ${messageOf(error)}`);
    return [];
  });
  const isOther = (name: string): boolean => others.some((other) => other === name || other === join(folder, name));
  return names.filter((name) => /\.gguf$/iu.test(name) && !isLaterPart(name) && !isOther(name)).map((name) => join(folder, name));
}

/** A large model may come in parts; the first one stands for all. */
function isLaterPart(name: string): boolean {
  const part = /-(\d{5})-of-\d{5}\.gguf$/iu.exec(name)?.[1];
  return part !== undefined && Number(part) > 1;
}

async function factsOf(path: string, known: Map<string, Known>): Promise<GgufFacts | Error> {
  try {
    const { size, mtimeMs } = await stat(path);
    const stamp = `${size} ${mtimeMs}`;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.facts;
    const facts = await readGgufFacts(path).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    known.set(path, { stamp, facts });
    return facts;
  } catch (error) {
    return new Error(`There is no file ${path}.`, { cause: error });
  }
}

interface Circumstances extends LlamaModelsDeps {
  /** The user named it in the settings. */
  readonly asked: boolean;
}

function toCandidate(path: string, facts: GgufFacts | Error, { asked, setAside, log }: Circumstances): Candidate | undefined {
  const aside = setAside.find((one) => one.path === path);
  const shared = {
    id: `llama/${basename(path).replace(/\.gguf$/iu, '')}`,
    provider: 'llama',
    model: path,
    locality: 'local',
    endpoint: OWN_PROCESS,
    origin: 'discovered',
    ...(aside ? { unavailable: `${basename(path)} is set aside because it stopped the model runtime (${aside.what}).` } : {}),
  } as const;
  if (facts instanceof Error) {
    log.debug(`${path}: ${facts.message}`);
    return asked ? { ...shared, capabilities: [], capabilitiesKnown: false, unavailable: facts.message } : undefined;
  }
  if (!asked && !writes(path, facts)) return undefined;
  return {
    ...shared,
    contextTokens: Math.min(facts.contextTokens ?? USUAL_WINDOW_TOKENS, USUAL_WINDOW_TOKENS),
    ...stated({ parametersB: billionsIn(facts.sizeLabel ?? '') }),
    capabilities: capabilitiesOf(facts),
    capabilitiesKnown: true,
    ...(facts.chatTemplate === undefined ? { completesOnly: true } : {}),
  };
}

/** Encoders, re-rankers and models that were trained to read routes do other work. */
function writes(path: string, { poolingType, name = '', chatTemplate, fillsIn }: GgufFacts): boolean {
  if (poolingType !== undefined || detectDialect([path, name]) !== 'generic') return false;
  return chatTemplate !== undefined || fillsIn;
}

/** A template that places tools or thoughts belongs to a model that was trained on them. */
function capabilitiesOf({ chatTemplate = '', fillsIn }: GgufFacts): Capability[] {
  return [
    ...(fillsIn ? (['fim'] as const) : []),
    ...(/\btools\b/u.test(chatTemplate) ? (['tools'] as const) : []),
    ...(/<think>|\breasoning|\bthink(?:ing)?\b/u.test(chatTemplate) ? (['thinking'] as const) : []),
  ];
}
