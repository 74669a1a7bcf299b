// The models of LM Studio, llama-server, vLLM and other OpenAI-compatible servers as candidates, with what each
// of these servers says about them.
import { fimFormatFor } from '../completion/fim-formats';
import type { Candidate, Capability } from '../router/types';
import { withDeadline } from '../shared/abort';
import { RouterError } from '../shared/errors';
import { stated } from './known-models';
import { hostOf, localityOf } from './locality';
import { PROBE_MS, type ProbeDeps, type Server } from './probe';
import { createWire } from './wire';

type Listed = NonNullable<Server['models']>['data'][number];
type Facts = Pick<Candidate, 'capabilities' | 'capabilitiesKnown' | 'price'> & {
  readonly contextTokens?: number | undefined;
  readonly parametersB?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
};

/** Names that no chat model carries; servers that list everything do not say what is what. */
const NO_CHAT_MODEL = /embed|rerank|whisper|(?:^|[-_/])tts(?:$|[-_/])/iu;

export async function serverModels(deps: ProbeDeps, server: Server, signal: AbortSignal): Promise<Candidate[]> {
  switch (server.kind) {
    case 'lmstudio':
      return (server.lmStudio?.data ?? [])
        .filter(({ type }) => type !== 'embeddings')
        .map((model) => toCandidate(server, model.id, lmStudioFacts(model)));
    case 'llama.cpp':
      return llamaCppModels(deps, server, signal);
    default:
      return chatModels(server).map((model) => toCandidate(server, model.id, listedFacts(model)));
  }
}

function chatModels(server: Server): Listed[] {
  return (server.models?.data ?? []).filter(({ id, capabilities }) => capabilities?.completion_chat ?? !NO_CHAT_MODEL.test(id));
}

function toCandidate(server: Server, model: string, { contextTokens, maxOutputTokens, parametersB, ...facts }: Facts): Candidate {
  const endpoint = `${server.root}/v1`;
  const kind = server.kind === 'openai' ? hostOf(endpoint) : server.kind;
  return {
    id: `${kind}/${shortName(model)}`,
    provider: 'openai',
    model,
    locality: localityOf(endpoint),
    endpoint,
    ...stated({ contextTokens, maxOutputTokens, parametersB }),
    ...facts,
    origin: 'discovered',
  };
}

/** llama-server names a model by its file when it has no other name. */
function shortName(model: string): string {
  return /\.gguf$/iu.test(model) ? (model.split(/[/\\]/u).at(-1) ?? model).replace(/\.gguf$/iu, '') : model;
}

type LmStudioModel = NonNullable<Server['lmStudio']>['data'][number];

function lmStudioFacts(model: LmStudioModel): Facts {
  return {
    contextTokens: model.loaded_context_length ?? model.max_context_length,
    capabilities: [
      ...when(model.capabilities?.includes('tool_use') === true, 'tools'),
      ...when(model.type === 'vlm', 'vision'),
      ...guessedFim(model.id),
    ],
    capabilitiesKnown: model.capabilities !== undefined,
  };
}

function listedFacts(model: Listed): Facts {
  return {
    contextTokens: [model.max_model_len, model.meta?.n_ctx, model.context_length, model.context_window, model.max_context_length].find((one) => one !== undefined),
    maxOutputTokens: model.top_provider?.max_completion_tokens,
    ...listedAbilities(model),
    ...priceOf(model),
  };
}

/** What OpenRouter and Mistral say of each model; other servers say nothing. */
function listedAbilities({ id, capabilities: said, supported_parameters: parameters, architecture }: Listed): Pick<Facts, 'capabilities' | 'capabilitiesKnown'> {
  if (said) {
    const capabilities = [...when(said.function_calling, 'tools'), ...when(said.vision, 'vision'), ...when(said.completion_fim, 'fim')];
    return { capabilities, capabilitiesKnown: true };
  }
  if (!parameters) return { capabilities: guessedFim(id), capabilitiesKnown: false };
  const images = architecture?.input_modalities.includes('image') === true;
  return { capabilities: [...when(parameters.includes('tools'), 'tools'), ...when(images, 'vision'), ...when(parameters.includes('reasoning'), 'thinking')], capabilitiesKnown: true };
}

function priceOf({ pricing }: Listed): Pick<Facts, 'price'> {
  const [input, output, cachedInput, cacheWrite] = [pricing?.prompt, pricing?.completion, pricing?.input_cache_read, pricing?.input_cache_write].map(perMillion);
  return input === undefined || output === undefined ? {} : { price: { input, output, ...stated({ cachedInput, cacheWrite }) } };
}

/** Without the traces that a division leaves behind. */
function perMillion(perToken: number | undefined): number | undefined {
  return perToken === undefined ? undefined : Number((perToken * 1e6).toPrecision(12));
}

async function llamaCppModels(deps: ProbeDeps, server: Server, signal: AbortSignal): Promise<Candidate[]> {
  const { props } = server;
  const several = props?.role === 'router';
  if (several) return chatModels(server).map((model) => toCandidate(server, model.id, severalFacts(model)));
  const fim = await takesInfill(deps, server, signal);
  const caps = props?.chat_template_caps;
  const facts: Facts = {
    contextTokens: props?.default_generation_settings.n_ctx,
    capabilities: [
      ...when(caps?.['supports_tools'] === true && caps['supports_tool_calls'] === true, 'tools'),
      ...when(props?.modalities?.vision === true, 'vision'),
      ...when(fim, 'fim'),
    ],
    // Older builds say nothing about tools.
    capabilitiesKnown: caps !== undefined,
  };
  return chatModels(server).map((model) => toCandidate(server, model.id, { ...facts, parametersB: parametersOf(model) }));
}

function parametersOf({ meta }: Listed): number | undefined {
  return meta?.n_params === undefined ? undefined : meta.n_params / 1e9;
}

/** llama-server in front of several models loads them on demand, so nothing is known of most. */
function severalFacts(model: Listed): Facts {
  const vision = when(model.architecture?.input_modalities.includes('image') === true, 'vision');
  return { contextTokens: model.meta?.n_ctx, parametersB: parametersOf(model), capabilities: [...vision, ...guessedFim(model.id)], capabilitiesKnown: false };
}

/**
 * Asks llama-server to fill in, with `input_extra` in a wrong form: it looks at the model first and answers 501
 * when that has no marks for it, and otherwise 400 for the form. Nothing is evaluated.
 */
async function takesInfill(deps: ProbeDeps, server: Server, signal: AbortSignal): Promise<boolean> {
  const body = JSON.stringify({ input_prefix: '', input_suffix: '', input_extra: {}, n_predict: 0 });
  try {
    const wire = createWire({ endpoint: server.root, key: await deps.key(server.root), fetch: deps.fetch });
    await withDeadline(deps.probeMs ?? PROBE_MS, signal, (inner) =>
      wire.fetch(`${server.root}/infill`, { method: 'POST', body, signal: inner }),
    );
    return false;
  } catch (error) {
    return RouterError.is(error, 'bad_request');
  }
}

function guessedFim(model: string): Capability[] {
  return when(fimFormatFor(model) !== undefined, 'fim');
}

function when(holds: boolean, capability: Capability): Capability[] {
  return holds ? [capability] : [];
}
