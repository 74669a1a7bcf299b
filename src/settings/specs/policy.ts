// The models, the routes and the rules that bind them.
import * as z from 'zod';
import { modelSetting, name, routeSetting, ruleSetting } from '../entries';
import type { SettingSpec } from '../spec';

export const policySpecs = {
  models: {
    schema: () => z.record(name(), modelSetting()),
    default: {},
    scope: 'machine',
    markdown:
      'The models you have, by a name of your choice. User settings only: a repository cannot add or redirect a model. Keys are stored with **Fairlead: Store an API Key**, never here. Models that run on this machine (Ollama, LM Studio, llama-server, vLLM) and those VS Code offers are found without a setting.',
  },
  routes: {
    schema: () => z.array(routeSetting()),
    default: [],
    scope: 'resource',
    additive: true,
    markdown:
      'Kinds of work, in plain language, each with the models you prefer for it. Your own list replaces the built-in one (see `#fairlead.includeDefaultRoutes#`); a workspace adds routes of its own.',
  },
  includeDefaultRoutes: {
    schema: () => z.boolean(),
    default: false,
    scope: 'resource',
    markdown: 'Keep the built-in routes beside your own `#fairlead.routes#`. Without routes of your own they are always used.',
  },
  defaultModels: {
    schema: () => z.array(z.string().min(1)),
    default: [],
    scope: 'resource',
    markdown:
      'Models for requests that fit no route, and for routes without models, most preferred first. Empty: local models first, then the others.',
  },
  rules: {
    schema: () => z.array(ruleSetting()),
    default: [],
    scope: 'resource',
    additive: true,
    markdown:
      'Rules that require, exclude or prefer models by path, language, route, surface, workspace, or by a secret in the text. In your list and in the workspace’s the first match counts; what either requires or excludes holds, so a workspace can only narrow your choice.',
  },
} as const satisfies Record<string, SettingSpec>;
