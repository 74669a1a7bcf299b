// Secrets that nobody has, in the forms that services give theirs; put together here so that no scanner of
// repositories takes them for real ones.

const letters = 'aZ3kQ9xW5mB7nR2tY8uV4cL6pD1sF0gHjKeJ';

export const SECRETS = {
  github: `ghp_${letters}`,
  aws: ['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYzzzzzzzzzzzz'].join(''),
  slack: ['xoxb', '123456789012', '123456789012', 'abcdefghijklmnopqrstuvwx'].join('-'),
  npm: `npm_${letters}`,
  stripe: ['sk', 'live', letters.slice(0, 24)].join('_'),
  anthropic: ['sk', 'ant', 'api03', `${'Ab1_'.repeat(23)}AbAA`].join('-'),
  privateKey: ['-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEpAIBAAKCAQEA', 'abcd1234'.repeat(20), '\n-----END RSA PRIVATE', ' KEY-----'].join(''),
  login: ['admin', 's3cr3tpw'].join(':'),
} as const;

/** Each as it would stand in a file. */
export const SECRET_LINES: readonly { readonly kind: string; readonly secret: string; readonly line: string }[] = [
  { kind: 'GitHub token', secret: SECRETS.github, line: `token = "${SECRETS.github}"` },
  { kind: 'AWS credential', secret: SECRETS.aws, line: `AWS_SECRET_ACCESS_KEY="${SECRETS.aws}"` },
  { kind: 'Slack token', secret: SECRETS.slack, line: `slack: ${SECRETS.slack}` },
  { kind: 'npm token', secret: SECRETS.npm, line: `//registry.npmjs.org/:_authToken=${SECRETS.npm}` },
  { kind: 'Stripe key', secret: SECRETS.stripe, line: `const key = '${SECRETS.stripe}';` },
  { kind: 'Anthropic key', secret: SECRETS.anthropic, line: `export KEY=${SECRETS.anthropic}` },
  { kind: 'private key', secret: SECRETS.privateKey, line: SECRETS.privateKey },
  { kind: 'password in a database address', secret: SECRETS.login, line: `url = "postgres://${SECRETS.login}@db.internal:5432/app"` },
];
