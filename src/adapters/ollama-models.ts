// Ollama's list of models as candidates, with what /api/show says of each.
import * as z from 'zod';
import { fimFormatFor } from '../completion/fim-formats';
import { billionsIn } from '../router/choosing/size';
import type { Candidate, Capability } from '../router/types';
import { stated } from './known-models';
import { localityOf } from './locality';
import { askJson, type ProbeDeps, type Server } from './probe';

const text = z.string().optional().catch(undefined);

const tags = z.object({ models: z.array(z.object({ name: z.string().min(1), remote_host: text, details: z.object({ parameter_size: text }).optional().catch(undefined) })) });

const shown = z.object({
  capabilities: z.array(z.string()).optional().catch(undefined),
  model_info: z.record(z.string(), z.unknown()).optional().catch(undefined),
  remote_host: text,
});

type Tag = z.infer<typeof tags>['models'][number];
type Shown = z.infer<typeof shown>;

/** /api/show reads a file's head, which may be on a slow disk. */
const SHOW_MS = 2000;
const AT_ONCE = 6;

const CAPABILITIES: Readonly<Record<string, Capability>> = { tools: 'tools', vision: 'vision', insert: 'fim', thinking: 'thinking' };

export async function ollamaModels(deps: ProbeDeps, { root }: Pick<Server, 'root'>, signal: AbortSignal): Promise<Candidate[]> {
  const list = await askJson(deps, { baseUrl: root, url: `${root}/api/tags`, schema: tags }, signal);
  const waiting = [...(list?.models ?? [])];
  const found = new Map<string, Candidate>();
  const work = async (): Promise<void> => {
    for (let tag = waiting.shift(); tag; tag = waiting.shift()) {
      const question = { baseUrl: root, url: `${root}/api/show`, schema: shown, body: { model: tag.name }, deadlineMs: SHOW_MS };
      const candidate = toCandidate(root, tag, await askJson(deps, question, signal));
      if (candidate) found.set(tag.name, candidate);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return (list?.models ?? []).flatMap(({ name }) => found.get(name) ?? []);
}

/** Undefined for models that do not chat, such as embedders. */
function toCandidate(root: string, tag: Tag, details: Shown | undefined): Candidate | undefined {
  const reported = details?.capabilities;
  if (reported && !reported.includes('completion')) return undefined;
  const contextTokens = contextLength(details?.model_info ?? {});
  return {
    id: `ollama/${tag.name}`,
    provider: 'ollama',
    model: tag.name,
    locality: ollamaLocality(root, tag.name, tag.remote_host ?? details?.remote_host),
    endpoint: root,
    ...stated({ contextTokens, parametersB: sizeIn(tag) }),
    capabilities: reported ? reported.flatMap((name) => CAPABILITIES[name] ?? []) : guessed(tag.name),
    capabilitiesKnown: reported !== undefined,
    origin: 'discovered',
  };
}

function sizeIn({ details }: Tag): number | undefined {
  return billionsIn(details?.parameter_size ?? '');
}

/** Ollama on loopback hands its cloud models' requests on to ollama.com: those are not local. */
export function ollamaLocality(root: string, model: string, remoteHost?: string): Candidate['locality'] {
  return remoteHost || /[-:]cloud$/iu.test(model) ? 'hosted' : localityOf(root);
}

/** `<architecture>.context_length` among the facts of the file. */
function contextLength(info: Record<string, unknown>): number | undefined {
  const value = Object.entries(info).find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function guessed(model: string): Capability[] {
  return fimFormatFor(model) ? ['fim'] : [];
}
