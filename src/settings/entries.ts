// What one entry of a list or record in the settings looks like: a model, a route, a rule, a classifier's server. Each
// schema is made at its first use: many settings are left as they are, and activation would wait.
import * as z from 'zod';
import { once } from '../shared/lazily';
import { addressWithoutKey, KEY_ADVICE } from './keys-in-settings';

export const name = once(() =>
  z
    .string()
    .trim()
    .min(1)
    .max(80)
    .describe('A short name, unique in its list.'),
);

const capability = once(() => z.enum(['tools', 'vision', 'fim', 'thinking']));

const price = once(() =>
  z
    .strictObject({
      input: z.number().min(0).describe('USD per million input tokens.'),
      output: z.number().min(0).describe('USD per million output tokens.'),
      cachedInput: z.number().min(0).optional().describe('USD per million input tokens read from the cache.'),
      cacheWrite: z.number().min(0).optional().describe('USD per million input tokens written to the cache, where that costs more (Anthropic).'),
    })
    .describe('Price in USD per million tokens.'),
);

const sharedModelFields = once(() => ({
  contextWindow: z.number().int().min(256).optional().describe('Whole context window in tokens.'),
  maxOutputTokens: z.number().int().min(1).optional().describe('Most tokens one answer may have.'),
  capabilities: z
    .array(capability())
    .optional()
    .describe('What the model can do. Your word counts above what the server reports.'),
  price: price().optional(),
}));

export const httpUrl = once(() =>
  z
    .string()
    .regex(/^https?:\/\/[^\s]+$/u, 'must be an http:// or https:// address')
    .refine(addressWithoutKey, KEY_ADVICE)
    .describe('Base address of the server, such as `http://127.0.0.1:8080/v1`.'),
);

const endpoint = once(() =>
  z.strictObject({
    baseUrl: httpUrl().optional().describe('Base address; that of the model when left out.'),
    keyName: name().optional().describe('Which of several keys to use for this server. **Fairlead: Store an API Key** asks for each.'),
    weight: z.number().positive().max(1000).optional().describe('Share of the requests, in proportion to the others’; 1 when left out.'),
  }),
);

const endpoints = once(() =>
  z
    .array(endpoint())
    .min(1)
    .max(32)
    .optional()
    .describe('Several servers or keys that serve this model, in place of `baseUrl`. Requests are spread over them; one that fails or has reached its limit is left out until it is back.'),
);

const openAiModel = once(() =>
  z.strictObject({
    provider: z.literal('openai').describe('Any OpenAI-compatible server.'),
    baseUrl: httpUrl().optional().describe('Base address; `https://api.openai.com/v1` when left out.'),
    endpoints: endpoints(),
    model: z.string().min(1).describe('The name the server knows the model by.'),
    api: z
      .enum(['auto', 'chat', 'responses'])
      .optional()
      .describe('Which of OpenAI’s two interfaces to use. `auto` (when left out): Responses for the models that need it, chat completions for all others.'),
    apiVersion: z
      .string()
      .min(1)
      .optional()
      .describe('Only for Azure OpenAI’s addresses by deployment (`https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT`): the `api-version`. Addresses that end in `/openai/v1` need none.'),
    ...sharedModelFields(),
  }),
);

const anthropicModel = once(() =>
  z.strictObject({
    provider: z.literal('anthropic').describe('Claude models by Anthropic’s own interface, or a server that speaks it.'),
    baseUrl: httpUrl().optional().describe('Base address; `https://api.anthropic.com` when left out.'),
    endpoints: endpoints(),
    model: z.string().min(1).describe('The name of the model, such as `claude-sonnet-5-5`.'),
    ...sharedModelFields(),
  }),
);

const ollamaModel = once(() =>
  z.strictObject({
    provider: z.literal('ollama').describe('An Ollama server.'),
    baseUrl: httpUrl().optional().describe('Base address; `http://127.0.0.1:11434` when left out.'),
    endpoints: endpoints(),
    model: z.string().min(1).describe('The name Ollama knows the model by, such as `qwen2.5-coder:7b`.'),
    keepAlive: z
      .string()
      .regex(/^-?\d+(?:\.\d+)?(?:ms|s|m|h)?$/u, 'must be a time such as "30m", "-1" for always or "0" for not at all')
      .optional()
      .describe('How long Ollama keeps the model in memory after an answer, such as `30m`; `-1` keeps it always. Ollama’s own setting when left out.'),
    ...sharedModelFields(),
  }),
);

const llamaModel = once(() =>
  z.strictObject({
    provider: z.literal('llama').describe('A GGUF file that Fairlead runs itself, on this machine.'),
    file: z
      .string()
      .regex(/^(?:~[\\/]|\/|[A-Za-z]:[\\/]|\\\\).*\.gguf$/iu, 'must be the absolute path of a .gguf file, or begin with ~/')
      .describe('Path of the GGUF file.'),
    ...sharedModelFields(),
  }),
);

const vscodeModel = once(() =>
  z.strictObject({
    provider: z.literal('vscode').describe('A model that VS Code offers, such as those of GitHub Copilot.'),
    vendor: z.string().min(1).optional().describe('Vendor, such as `copilot`.'),
    family: z.string().min(1).optional().describe('Family, such as `gpt-4o`.'),
    id: z.string().min(1).optional().describe('Exact model id.'),
    ...sharedModelFields(),
  }),
);

export const modelSetting = once(() =>
  z.discriminatedUnion('provider', [openAiModel(), anthropicModel(), ollamaModel(), llamaModel(), vscodeModel()]).describe('One model you have.'),
);

const modelOf = { openai: openAiModel, anthropic: anthropicModel, ollama: ollamaModel, llama: llamaModel, vscode: vscodeModel };

/** What `entry` must be by the provider that it names; all of them, as `modelSetting` has it, where it names none. */
export function modelSettingFor(entry: { readonly provider?: unknown }): z.ZodType<ModelSetting> {
  const { provider } = entry;
  return typeof provider === 'string' && Object.hasOwn(modelOf, provider) ? modelOf[provider as keyof typeof modelOf]() : modelSetting();
}

export const routeSetting = once(() =>
  z
    .strictObject({
      name: name().describe('Name of the route, such as `bug_fixing`.'),
      description: z
        .string()
        .trim()
        .min(1)
        .max(2000)
        .describe('The kind of work in plain language: domain and action, such as “finding and fixing errors, crashes and failing tests in existing code”.'),
      models: z
        .array(z.string().min(1))
        .default([])
        .describe('Models for this work, most preferred first. Empty: the default models.'),
      examples: z.array(z.string().min(1)).default([]).describe('Requests that belong here, in your own words.'),
    })
    .describe('A kind of work and the models you prefer for it.'),
);

const globs = once(() => z.array(z.string().min(1)).min(1));

export const ruleSetting = once(() =>
  z
    .strictObject({
      when: z
        .strictObject({
          path: globs().optional().describe('Globs on workspace-relative paths; any file of the request may match.'),
          language: globs().optional().describe('VS Code language ids.'),
          route: globs().optional().describe('Route names, or `other`.'),
          workspace: globs().optional().describe('Globs on the name, path or address of an open folder; any of them may match.'),
          secret: z.literal(true).optional().describe('The request holds a key, token or password in a known form.'),
          surface: z.array(z.enum(['chat', 'agent', 'inline', 'cli', 'utility'])).min(1).optional()
            .describe('Where the request comes from.'),
        })
        .describe('All of these must match; an empty object matches every request.'),
      require: z
        .union([z.literal('local'), z.array(z.string().min(1)).min(1)])
        .optional()
        .describe('`"local"`: nothing leaves this machine. A list: only these models.'),
      exclude: z
        .union([z.literal('hosted'), z.array(z.string().min(1)).min(1)])
        .optional()
        .describe('Models that must not be used, or `"hosted"`.'),
      prefer: z.array(z.string().min(1)).min(1).optional().describe('Models to try first, in this order.'),
      reason: z.string().max(200).optional().describe('Shown with the decision.'),
    })
    .refine((rule) => rule.require !== undefined || rule.exclude !== undefined || rule.prefer !== undefined, {
      message: 'needs one of "require", "exclude" or "prefer"',
    })
    .describe('Requires, excludes or prefers models for some requests.'),
);

export const classifierEndpoint = once(() =>
  z.strictObject({
    kind: z.enum(['openai', 'plano']).default('openai').describe('`openai`: any OpenAI-compatible server. `plano`: a Plano gateway.'),
    baseUrl: httpUrl(),
    model: z.string().min(1).default('Arch-Router-1.5B').describe('The name the server knows the router model by.'),
  }),
);

export type ClassifierEndpoint = z.infer<ReturnType<typeof classifierEndpoint>>;
export type EndpointSetting = z.infer<ReturnType<typeof endpoint>>;
export type ModelSetting = z.infer<ReturnType<typeof modelSetting>>;
export type RouteSetting = z.infer<ReturnType<typeof routeSetting>>;
export type RuleSetting = z.infer<ReturnType<typeof ruleSetting>>;
