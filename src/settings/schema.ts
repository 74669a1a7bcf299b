// Every setting of the product, once. package.json's `contributes.configuration` is made from this file
// (scripts/manifest.mjs) and test/manifest.test.ts holds the two together.
import * as z from 'zod';

const name = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .describe('A short name, unique in its list.');

const capability = z.enum(['tools', 'vision', 'fim', 'thinking']);

const price = z
  .strictObject({
    input: z.number().min(0).describe('USD per million input tokens.'),
    output: z.number().min(0).describe('USD per million output tokens.'),
    cachedInput: z.number().min(0).optional().describe('USD per million input tokens read from the cache.'),
  })
  .describe('Price in USD per million tokens.');

const sharedModelFields = {
  contextWindow: z.number().int().min(256).optional().describe('Whole context window in tokens.'),
  maxOutputTokens: z.number().int().min(1).optional().describe('Most tokens one answer may have.'),
  capabilities: z
    .array(capability)
    .optional()
    .describe('What the model can do. Your word counts above what the server reports.'),
  price: price.optional(),
};

const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s]+$/u, 'must be an http:// or https:// address')
  .describe('Base address of the server, such as `http://127.0.0.1:8080/v1`.');

export const modelSetting = z
  .discriminatedUnion('provider', [
    z.strictObject({
      provider: z.literal('openai').describe('Any OpenAI-compatible server.'),
      baseUrl: httpUrl.optional().describe('Base address; `https://api.openai.com/v1` when left out.'),
      model: z.string().min(1).describe('The name the server knows the model by.'),
      ...sharedModelFields,
    }),
    z.strictObject({
      provider: z.literal('ollama').describe('An Ollama server.'),
      baseUrl: httpUrl.optional().describe('Base address; `http://127.0.0.1:11434` when left out.'),
      model: z.string().min(1).describe('The name Ollama knows the model by, such as `qwen2.5-coder:7b`.'),
      ...sharedModelFields,
    }),
    z.strictObject({
      provider: z.literal('vscode').describe('A model that VS Code offers, such as those of GitHub Copilot.'),
      vendor: z.string().min(1).optional().describe('Vendor, such as `copilot`.'),
      family: z.string().min(1).optional().describe('Family, such as `gpt-4o`.'),
      id: z.string().min(1).optional().describe('Exact model id.'),
      ...sharedModelFields,
    }),
  ])
  .describe('One model you have.');

export const routeSetting = z
  .strictObject({
    name: name.describe('Name of the route, such as `bug_fixing`.'),
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
  .describe('A kind of work and the models you prefer for it.');

const globs = z.array(z.string().min(1)).min(1);

export const ruleSetting = z
  .strictObject({
    when: z
      .strictObject({
        path: globs.optional().describe('Globs on workspace-relative paths; any file of the request may match.'),
        language: globs.optional().describe('VS Code language ids.'),
        route: globs.optional().describe('Route names, or `other`.'),
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
  .describe('Requires, excludes or prefers models for some requests.');

export const classifierEndpoint = z.strictObject({
  kind: z.enum(['openai', 'plano']).default('openai').describe('`openai`: any OpenAI-compatible server. `plano`: a Plano gateway.'),
  baseUrl: httpUrl,
  model: z.string().min(1).default('Arch-Router-1.5B').describe('The name the server knows the router model by.'),
});

export type ClassifierEndpoint = z.infer<typeof classifierEndpoint>;
export type ModelSetting = z.infer<typeof modelSetting>;
export type RouteSetting = z.infer<typeof routeSetting>;
export type RuleSetting = z.infer<typeof ruleSetting>;

/** VS Code's configuration scope of a setting. `machine`: the user alone; a repository's value is ignored. */
export type SettingScope = 'machine' | 'resource' | 'window' | 'language-overridable';

export interface SettingSpec {
  readonly schema: z.ZodType;
  readonly scope: SettingScope;
  readonly markdown: string;
  /** Lists that a workspace adds to; the others are replaced as VS Code does. */
  readonly additive?: boolean;
}

/** Key without the `fairlead.` prefix -> its schema with default, scope and description. */
export const settingSpecs = {
  models: {
    schema: z.record(name, modelSetting).default({}),
    scope: 'machine',
    markdown:
      'The models you have, by a name of your choice. User settings only: a repository cannot add or redirect a model. Keys are stored with **Fairlead: Store an API Key**, never here. Models that run on this machine (Ollama, LM Studio, llama-server, vLLM) and those VS Code offers are found without a setting.',
  },
  routes: {
    schema: z.array(routeSetting).default([]),
    scope: 'resource',
    additive: true,
    markdown:
      'Kinds of work, in plain language, each with the models you prefer for it. Your own list replaces the built-in one (see `#fairlead.includeDefaultRoutes#`); a workspace adds routes of its own.',
  },
  includeDefaultRoutes: {
    schema: z.boolean().default(false),
    scope: 'resource',
    markdown: 'Keep the built-in routes beside your own `#fairlead.routes#`. Without routes of your own they are always used.',
  },
  defaultModels: {
    schema: z.array(z.string().min(1)).default([]),
    scope: 'resource',
    markdown:
      'Models for requests that fit no route, and for routes without models, most preferred first. Empty: local models first, then the others.',
  },
  rules: {
    schema: z.array(ruleSetting).default([]),
    scope: 'resource',
    additive: true,
    markdown:
      'Rules that require, exclude or prefer models by path, language, route or surface. In your list and in the workspace’s the first match counts; what either requires or excludes holds, so a workspace can only narrow your choice.',
  },
  'discovery.enabled': {
    schema: z.boolean().default(true),
    scope: 'machine',
    markdown: 'Look for model servers on this machine (loopback addresses only).',
  },
  'discovery.endpoints': {
    schema: z.array(httpUrl).default([]),
    scope: 'machine',
    markdown: 'More base addresses to look for models at, besides the usual loopback ports.',
  },
  'classifier.use': {
    schema: z.enum(['auto', 'embedded', 'gguf', 'remote', 'lexical']).default('auto'),
    scope: 'machine',
    markdown:
      'What reads your requests: `embedded`, the small model that ships with Fairlead; `gguf`, your own model (`#fairlead.classifier.file#`); `remote`, a server (`#fairlead.classifier.endpoint#`); `lexical`, shared words only. `auto` takes your server or your own model where you named one, the embedded one otherwise. Whatever is chosen, the next one answers when it is late or broken.',
  },
  'classifier.file': {
    schema: z.string().default(''),
    scope: 'machine',
    markdown:
      'Path of a GGUF model that reads requests, such as Arch-Router or any small instruct model. **Fairlead: Download a Local Model** fetches one.',
  },
  'classifier.dialect': {
    schema: z.enum(['auto', 'arch-router', 'plano', 'generic']).default('auto'),
    scope: 'machine',
    markdown: 'The prompt form that the model was trained on. `auto` tells by its name.',
  },
  'classifier.endpoint': {
    schema: classifierEndpoint.nullable().default(null),
    scope: 'machine',
    markdown:
      'A server that reads requests: an OpenAI-compatible one with a router model, or a Plano gateway (`"kind": "plano"`). The last turns of a request are sent there, so it is yours alone to set.',
  },
  'classifier.deadlineMs': {
    schema: z.number().int().min(10).max(10_000).default(150),
    scope: 'machine',
    markdown: 'Milliseconds the embedded model may take before the next classifier’s answer is used.',
  },
  'classifier.decoderDeadlineMs': {
    schema: z.number().int().min(10).max(60_000).default(400),
    scope: 'machine',
    markdown: 'Milliseconds your own GGUF model or server may take before the next classifier’s answer is used.',
  },
  'classifier.warmUp': {
    schema: z.boolean().default(true),
    scope: 'machine',
    markdown: 'Load the classifier when a chat or a file gets the focus, so that the first request does not wait for it.',
  },
  'runtime.gpu': {
    schema: z.enum(['auto', 'cpu', 'cuda', 'vulkan', 'metal']).default('auto'),
    scope: 'machine',
    markdown: 'Where GGUF models run.',
  },
  'runtime.threads': {
    schema: z.number().int().min(0).max(256).default(0),
    scope: 'machine',
    markdown: 'Threads for GGUF models; 0 takes one less than there are cores.',
  },
  'runtime.idleMinutes': {
    schema: z.number().min(0).max(1440).default(10),
    scope: 'machine',
    markdown: 'Minutes without use after which GGUF models are unloaded; 0 keeps them.',
  },
  'runtime.memoryLimitMb': {
    schema: z.number().int().min(0).default(0),
    scope: 'machine',
    markdown: 'MiB of memory a GGUF model may take; a larger one is refused instead of swapping. 0 takes four fifths of what is free.',
  },
  'localModels.folder': {
    schema: z.string().regex(/^(?:$|~[\\/]|\/|[A-Za-z]:[\\/]|\\\\)/u, 'must be an absolute path, or begin with ~/').default(''),
    scope: 'machine',
    markdown:
      'Folder for the models that **Fairlead: Download a Local Model** fetches; an absolute path or one that begins with `~/`. Empty: a folder of Fairlead’s own in VS Code’s storage.',
  },
  'localModels.mirror': {
    schema: z.string().regex(/^(?:https?:\/\/\S+)?$/u, 'must be an http:// or https:// address').default(''),
    scope: 'machine',
    markdown:
      'Base address of a server that stands in for `https://huggingface.co` when models are downloaded, with the same paths. A proxy is set with `#http.proxy#`.',
  },
  'inline.enabled': {
    schema: z.boolean().default(true),
    scope: 'language-overridable',
    markdown: 'Show inline completions (ghost text) from models that can fill in the middle.',
  },
  'inline.debounceMs': {
    schema: z.number().int().min(0).max(2000).default(150),
    scope: 'machine',
    markdown: 'Milliseconds without typing before a completion is asked for.',
  },
  'inline.maxTokens': {
    schema: z.number().int().min(8).max(1024).default(128),
    scope: 'machine',
    markdown: 'Most tokens of one completion.',
  },
  'log.prompts': {
    schema: z.boolean().default(false),
    scope: 'machine',
    markdown: 'Write prompt text to the output channel at level *Trace*. Off: prompt text is never logged.',
  },
} as const satisfies Record<string, SettingSpec>;

export type SettingKey = keyof typeof settingSpecs;
export type SettingValue<K extends SettingKey> = z.infer<(typeof settingSpecs)[K]['schema']>;
