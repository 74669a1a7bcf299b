// Files whose text no hosted model ever gets, unless the user says otherwise with an entry that begins with "!".
// Names that hold credentials by custom of their tools; examples of them may go.

export const BUILT_IN_NEVER_SEND: readonly string[] = [
  '**/.env',
  '**/.env.!(example|sample|template|dist|defaults)',
  '**/.envrc',
  '**/*.{pem,key,p12,pfx,jks,keystore,kdbx,ppk,gpg,asc}',
  '**/id_{rsa,dsa,ecdsa,ed25519}',
  '**/.{npmrc,netrc,pypirc,pgpass,my.cnf,htpasswd,git-credentials,dockercfg,vault-token}',
  '**/_netrc',
  '**/.docker/config.json',
  '**/.{ssh,gnupg,aws,azure,kube}/**',
  '**/{credentials,secrets}',
  '**/{credentials,secrets}.{json,yml,yaml,toml,ini,properties,xml,txt}',
  '**/{.secrets,secrets}/**',
  '**/*.{tfvars,tfstate}',
  '**/service-account*.json',
];

/** Globs on workspace-relative paths. */
export interface NeverSend {
  /** Built in and the user's. */
  readonly globs: readonly string[];
  /** What the user takes out of `globs` again. */
  readonly except: readonly string[];
  /** The workspace's: nothing takes these out. */
  readonly added: readonly string[];
}
