// Which kind of model server answers at an address, by its own answers. Every question has a short deadline and
// a missing or strange answer means "not that kind"; nothing here throws.
import * as z from 'zod';
import { withDeadline } from '../shared/abort';
import { createWire } from './wire';

export type ServerKind = 'ollama' | 'lmstudio' | 'llama.cpp' | 'vllm' | 'openai';

export interface ProbeDeps {
  readonly key: (baseUrl: string) => Promise<string | undefined>;
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds one question may take; 400 when left out. */
  readonly probeMs?: number;
}

export interface Server {
  readonly kind: ServerKind;
  /** Address without /v1 and without a slash at the end. */
  readonly root: string;
  readonly models: z.infer<typeof modelList> | undefined;
  readonly props: z.infer<typeof llamaProps> | undefined;
  readonly lmStudio: z.infer<typeof lmStudioList> | undefined;
}

export const PROBE_MS = 400;
const MAX_BYTES = 8 * 1024 * 1024;

const positive = z.number().int().positive().optional().catch(undefined);
const text = z.string().optional().catch(undefined);

const names = z.array(z.string()).optional().catch(undefined);
/** USD per token, as text. */
const perToken = z.string().min(1).transform(Number).pipe(z.number().min(0)).optional().catch(undefined);

const ollamaVersion = z.object({ version: z.string() });

export const modelList = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      owned_by: text,
      /** vLLM. */
      max_model_len: positive,
      /** OpenRouter and Groq. */
      context_length: positive,
      context_window: positive,
      /** llama-server: the window of one slot. */
      meta: z.object({ n_ctx: positive, n_params: positive }).optional().catch(undefined),
      /** OpenRouter, and llama-server with several models. */
      architecture: z.object({ input_modalities: z.array(z.string()) }).optional().catch(undefined),
      /** OpenRouter. */
      supported_parameters: names,
      pricing: z.object({ prompt: perToken, completion: perToken, input_cache_read: perToken, input_cache_write: perToken }).optional().catch(undefined),
      top_provider: z.object({ max_completion_tokens: positive }).optional().catch(undefined),
      /** Mistral. */
      max_context_length: positive,
      capabilities: z
        .object({ completion_chat: z.boolean(), completion_fim: z.boolean().default(false), function_calling: z.boolean().default(false), vision: z.boolean().default(false) })
        .optional()
        .catch(undefined),
    }),
  ),
});

export const llamaProps = z.object({
  default_generation_settings: z.object({ n_ctx: positive }),
  role: text,
  modalities: z.object({ vision: z.boolean().optional() }).optional().catch(undefined),
  chat_template_caps: z.record(z.string(), z.unknown()).optional().catch(undefined),
  chat_template: text,
  model_path: text,
  /** Such as `b9174-0dca6d8`. */
  build_info: text,
});

export const lmStudioList = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      type: z.string(),
      state: z.string(),
      max_context_length: positive,
      loaded_context_length: positive,
      capabilities: z.array(z.string()).optional().catch(undefined),
    }),
  ),
});

/** Address without `/v1` and slashes at its end: where the servers' own interfaces are. */
export function rootOf(baseUrl: string): string {
  return baseUrl.replace(/\/+$/u, '').replace(/\/v1$/u, '');
}

export async function probeServer(deps: ProbeDeps, baseUrl: string, signal: AbortSignal): Promise<Server | undefined> {
  const root = rootOf(baseUrl);
  const ask = <T>(path: string, schema: z.ZodType<T>) => askJson(deps, { baseUrl, url: root + path, schema }, signal);
  const [version, lmStudio, props, models] = await Promise.all([
    ask('/api/version', ollamaVersion),
    ask('/api/v0/models', lmStudioList),
    ask('/props', llamaProps),
    ask('/v1/models', modelList),
  ]);
  const kind = kindOf({ version, lmStudio, props, models });
  return kind === undefined ? undefined : { kind, root, models, props, lmStudio };
}

interface Answers {
  readonly version: unknown;
  readonly lmStudio: unknown;
  readonly props: unknown;
  readonly models: z.infer<typeof modelList> | undefined;
}

function kindOf({ version, lmStudio, props, models }: Answers): ServerKind | undefined {
  if (version !== undefined) return 'ollama';
  if (lmStudio !== undefined) return 'lmstudio';
  if (props !== undefined) return 'llama.cpp';
  if (models === undefined) return undefined;
  return models.data.some((model) => model.owned_by === 'vllm') ? 'vllm' : 'openai';
}

export interface Question<T> {
  readonly baseUrl: string;
  readonly url: string;
  readonly schema: z.ZodType<T>;
  /** Sent by POST when given. */
  readonly body?: unknown;
  readonly deadlineMs?: number;
}

/** The answer when it has the form asked for; undefined for anything else, an abort too. */
export async function askJson<T>(deps: ProbeDeps, question: Question<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    const response = await askRaw(deps, question, signal);
    return question.schema.safeParse(response).data;
  } catch {
    return undefined; // Nobody there, or somebody else: the usual case.
  }
}

async function askRaw(deps: ProbeDeps, question: Omit<Question<unknown>, 'schema'>, signal: AbortSignal): Promise<unknown> {
  const key = await deps.key(question.baseUrl);
  const wire = createWire({ endpoint: question.baseUrl, key, fetch: deps.fetch, maxBytes: MAX_BYTES });
  const request = question.body === undefined ? {} : { method: 'POST', body: JSON.stringify(question.body) };
  return withDeadline(question.deadlineMs ?? deps.probeMs ?? PROBE_MS, signal, async (inner) => {
    const response = await wire.fetch(question.url, { ...request, signal: inner });
    return response.json();
  });
}
