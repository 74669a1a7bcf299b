// The rules of secretlint's recommended preset, without the one by which a comment in the text switches the search
// off. A bundle of its own: loaded with the first search.
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import type { FoundSecret } from '../router/ports';

export interface SecretRules {
  readonly findIn: (text: string) => Promise<readonly FoundSecret[]>;
}

// It would keep a mark for each rule and text, for as long as the process lives.
secretLintProfiler.setEnabled(false);

const PREFIX = '@secretlint/secretlint-rule-';
const SWITCHED_OFF = [`${PREFIX}filter-comments`];

/** What a find is called, by rule; `secret` for rules that are not named here. */
const KINDS: Readonly<Record<string, string>> = {
  '1password': '1Password token',
  anthropic: 'Anthropic key',
  aws: 'AWS credential',
  basicauth: 'password in an address',
  cloudflare: 'Cloudflare token',
  'database-connection-string': 'password in a database address',
  databricks: 'Databricks token',
  docker: 'Docker token',
  figma: 'Figma token',
  gcp: 'Google Cloud key',
  github: 'GitHub token',
  gitlab: 'GitLab token',
  grafana: 'Grafana token',
  groq: 'Groq key',
  'hashicorp-vault': 'Vault token',
  huggingface: 'Hugging Face token',
  linear: 'Linear key',
  notion: 'Notion token',
  npm: 'npm token',
  openai: 'OpenAI key',
  privatekey: 'private key',
  sendgrid: 'SendGrid key',
  shopify: 'Shopify token',
  slack: 'Slack token',
  stripe: 'Stripe key',
  tailscale: 'Tailscale key',
  vercel: 'Vercel token',
};

const rules = creator.rules
  .filter(({ meta }) => !SWITCHED_OFF.includes(meta.id))
  .map((rule) => ({ id: rule.meta.id, rule }));

export const findIn: SecretRules['findIn'] = async (text) => {
  const { messages } = await lintSource({
    source: { content: text, filePath: 'text.txt', ext: '.txt', contentType: 'text' },
    options: { config: { rules }, noPhysicFilePath: true },
  });
  return messages.map(({ ruleId, range: [start, end], data }) => ({
    kind: KINDS[ruleId.slice(PREFIX.length)] ?? 'secret',
    ...narrowed(text, { start, end }, data),
  }));
};

interface Place {
  readonly start: number;
  readonly end: number;
}

function begins(text: string, value: string, { start, end }: Place): boolean {
  const at = text.indexOf(value, start);
  return at >= start && at < end;
}

/** Only the secret itself: not the name it is assigned to, and of an address only who logs in. */
function narrowed(text: string, { start, end }: Place, data: unknown): Place {
  // Some rules give a wrong place for the value they found.
  const values = typeof data === 'object' && data !== null ? Object.values(data) : [];
  const value = values.find((one): one is string => typeof one === 'string' && begins(text, one, { start, end }));
  const from = value === undefined ? start : text.indexOf(value, start);
  const to = value === undefined ? end : from + value.length;
  const login = /^[a-z][\w+.-]*:\/\/([^/?#\s]+)@/iu.exec(text.slice(from, to))?.[1];
  if (login === undefined) return { start: from, end: to };
  const at = text.indexOf('://', from) + 3;
  return { start: at, end: at + login.length };
}
