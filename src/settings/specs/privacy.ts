// What may be kept or sent.
import * as z from 'zod';
import type { SettingSpec } from '../spec';

export const privacySpecs = {
  neverSend: {
    schema: () => z.array(z.string().min(1)),
    default: [],
    scope: 'resource',
    additive: true,
    markdown:
      'Files whose text no hosted model ever gets: globs on workspace-relative paths, such as `clients/**`. Only models on this machine read them; where a hosted one answers, it gets the request without them and the answer says so. Ghost text in such a file comes from this machine or not at all. Files that usually hold credentials (`.env`, `*.pem`, `*.key`, `id_rsa`, `.npmrc`, `credentials`, `secrets/` and others) are always among them; in your user settings an entry that begins with `!`, such as `!**/.env.test`, takes files out again. A workspace can only add. **Fairlead: What May Leave This Machine?** shows what holds for a file.',
  },
  secrets: {
    schema: () => z.enum(['ask', 'redact', 'block', 'off']),
    default: 'ask',
    scope: 'machine',
    markdown:
      'What to do when the text for a hosted model holds a key, a token or a password in a known form. `ask`: you are asked in chat; agents and other helpers, which cannot wait for you, go on with the secret replaced by a placeholder. `redact`: always replaced. `block`: hosted models are not used for such a request. `off`: nothing is searched. Ghost text next to a secret comes from this machine only, unless this is `off`. Models on this machine always get the whole text. The search runs here, nothing is sent for it, and it knows common forms only: it is a net, not a promise.',
  },
  'log.prompts': {
    schema: () => z.boolean(),
    default: false,
    scope: 'machine',
    markdown: 'Write prompt text to the output channel at level *Trace*. Off: prompt text is never logged.',
  },
} as const satisfies Record<string, SettingSpec>;
