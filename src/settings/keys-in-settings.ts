// Keys do not belong into settings: those are synced, shared and committed. Finds what looks like one, so that the
// entry is refused; never shows it.

export const KEY_ADVICE = 'keys do not belong into settings: take it out and run “Fairlead: Store an API Key”';

const KEY_NAMES = /^(?:api[-_]?key|key|token|secret|password|bearer|authorization)$/iu;
/** Beginnings that services give their keys. */
const KEY_FORMS =
  /(?:^|[^A-Za-z0-9])(?:(?:sk|pk|rk|nvapi|glpat)-[\w-]{16,}|(?:gsk|hf|xai|ghp|gho|github_pat|r8|sk_live|sk_test)_\w{16,}|xai-[\w-]{16,}|AIza[\w-]{30,}|Bearer\s+\S{12,})/u;
const KEY_PARAMETERS = /^(?:api[-_]?key|key|token|access_token|auth|secret|password|sig|code)$/iu;

/** Where in a value a key seems to stand, such as `.apiKey`; undefined when nowhere. */
export function keyIn(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return looksLikeKey(value) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const found = Object.entries(value).map(([name, inner]) => {
    const here = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`;
    return KEY_NAMES.test(name) && typeof inner === 'string' ? here : keyIn(inner, here);
  });
  return found.find((place) => place !== undefined);
}

function looksLikeKey(text: string): boolean {
  return KEY_FORMS.test(text) || (text.includes('://') && !addressWithoutKey(text));
}

/** False for an address with a user name, a password or a key among its parameters. */
export function addressWithoutKey(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, searchParams } = new URL(url);
  return username === '' && password === '' && ![...searchParams.keys()].some((name) => KEY_PARAMETERS.test(name));
}
