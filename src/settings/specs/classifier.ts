// What reads requests.
import * as z from 'zod';
import { classifierEndpoint } from '../entries';
import type { SettingSpec } from '../spec';

export const classifierSpecs = {
  'classifier.use': {
    schema: () => z.enum(['auto', 'embedded', 'gguf', 'remote', 'lexical']),
    default: 'auto',
    scope: 'machine',
    markdown:
      'What reads your requests: `embedded`, the small model that ships with Fairlead; `gguf`, your own model (`#fairlead.classifier.file#`); `remote`, a server (`#fairlead.classifier.endpoint#`); `lexical`, shared words only. `auto` takes your server or your own model where you named one, the embedded one otherwise. Whatever is chosen, the next one answers when it is late or broken.',
  },
  'classifier.file': {
    schema: () => z.string(),
    default: '',
    scope: 'machine',
    markdown:
      'Path of a GGUF model that reads requests, such as Arch-Router or any small instruct model. **Fairlead: Download a Local Model** fetches one.',
  },
  'classifier.dialect': {
    schema: () => z.enum(['auto', 'arch-router', 'plano', 'generic']),
    default: 'auto',
    scope: 'machine',
    markdown: 'The prompt form that the model was trained on. `auto` tells by its name.',
  },
  'classifier.endpoint': {
    schema: () => classifierEndpoint().nullable(),
    default: null,
    scope: 'machine',
    markdown:
      'A server that reads requests: an OpenAI-compatible one with a router model, or a Plano gateway (`"kind": "plano"`). The last turns of a request are sent there, so it is yours alone to set.',
  },
  'classifier.deadlineMs': {
    schema: () => z.number().int().min(10).max(10_000),
    default: 150,
    scope: 'machine',
    markdown: 'Milliseconds the embedded model may take before the next classifier’s answer is used.',
  },
  'classifier.decoderDeadlineMs': {
    schema: () => z.number().int().min(10).max(60_000),
    default: 400,
    scope: 'machine',
    markdown: 'Milliseconds your own GGUF model or server may take before the next classifier’s answer is used.',
  },
  'classifier.warmUp': {
    schema: () => z.boolean(),
    default: true,
    scope: 'machine',
    markdown: 'Load the classifier when a chat or a file gets the focus, so that the first request does not wait for it.',
  },
} as const satisfies Record<string, SettingSpec>;
