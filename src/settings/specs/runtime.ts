// Local models: where they run, where they come from, where servers are looked for.
import * as z from 'zod';
import { httpUrl } from '../entries';
import type { SettingSpec } from '../spec';

export const runtimeSpecs = {
  'discovery.enabled': {
    schema: () => z.boolean(),
    default: true,
    scope: 'machine',
    markdown: 'Look for model servers on this machine (loopback addresses only).',
  },
  'discovery.endpoints': {
    schema: () => z.array(httpUrl()),
    default: [],
    scope: 'machine',
    markdown: 'More base addresses to look for models at, besides the usual loopback ports.',
  },
  'runtime.gpu': {
    schema: () => z.enum(['auto', 'cpu', 'cuda', 'vulkan', 'metal']),
    default: 'auto',
    scope: 'machine',
    markdown: 'Where GGUF models run.',
  },
  'runtime.threads': {
    schema: () => z.number().int().min(0).max(256),
    default: 0,
    scope: 'machine',
    markdown: 'Threads for GGUF models; 0 takes one less than there are cores.',
  },
  'runtime.idleMinutes': {
    schema: () => z.number().min(0).max(1440),
    default: 10,
    scope: 'machine',
    markdown: 'Minutes without use after which GGUF models are unloaded; 0 keeps them.',
  },
  'runtime.memoryLimitMb': {
    schema: () => z.number().int().min(0),
    default: 0,
    scope: 'machine',
    markdown: 'MiB of memory that GGUF models may take: those that read routes, and those that chat and complete code, each have so much. What does not fit makes the model that was used longest ago go, or is refused instead of swapping. 0 takes four fifths of what is free.',
  },
  'localModels.folder': {
    schema: () => z.string().regex(/^(?:$|~[\\/]|\/|[A-Za-z]:[\\/]|\\\\)/u, 'must be an absolute path, or begin with ~/'),
    default: '',
    scope: 'machine',
    markdown:
      'Folder for the models that **Fairlead: Download a Local Model** fetches; an absolute path or one that begins with `~/`. Models in it that chat or complete code can be chosen without a setting. Empty: a folder of Fairlead’s own in VS Code’s storage.',
  },
  'localModels.mirror': {
    schema: () => z.string().regex(/^(?:https?:\/\/\S+)?$/u, 'must be an http:// or https:// address'),
    default: '',
    scope: 'machine',
    markdown:
      'Base address of a server that stands in for `https://huggingface.co` when models are downloaded, with the same paths. A proxy is set with `#http.proxy#`.',
  },
} as const satisfies Record<string, SettingSpec>;
