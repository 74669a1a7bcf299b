// One list of models from three sources: the user's settings, what was discovered, and what VS Code offers.
// The user's word counts above a server's, a server's above the catalogue's, and a model that stands in the settings is
// not listed twice.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fimFormatFor } from '../completion/fim-formats';
import type { Candidate, Capability, Endpoint } from '../router/types';
import type { EndpointSetting, ModelSetting } from '../settings/entries';
import { type KnownFacts, knownFacts, stated } from './known-models';
import { ollamaLocality } from './ollama-models';
import { rootOf } from './probe';

/** A model of `vscode.lm`, as the editor reports it. */
export interface OfferedModel {
  readonly vendor: string;
  readonly family: string;
  readonly id: string;
  readonly maxInputTokens: number;
  /** Left out when not known. */
  readonly capabilities?: readonly Capability[];
}

export interface Sources {
  readonly models: Readonly<Record<string, ModelSetting>>;
  readonly discovered: readonly Candidate[];
  /** What VS Code offers. */
  readonly vscode: readonly OfferedModel[];
}

export const OPENAI_URL = 'https://api.openai.com/v1';
export const ANTHROPIC_URL = 'https://api.anthropic.com';
export const OLLAMA_URL = 'http://127.0.0.1:11434';
/** Shown as the place of models that run in our own process. */
export const OWN_PROCESS = 'this machine';
/** Our own vendor: routing to it would route in a circle. */
const OWN_VENDOR = 'fairlead';

/** Settings first, in their order, then discovered models, then the editor's. Ids are unique. */
export function buildCandidates(sources: Sources): Candidate[] {
  const offered = sources.vscode.filter(({ vendor }) => vendor !== OWN_VENDOR);
  const found = [...sources.discovered.map((candidate) => withKnown(candidate)), ...offered.map((model) => withKnown(fromOffered(model), model.family))];
  const named = Object.entries(sources.models).map(([name, setting]) => fromSetting(name, setting, sources));
  const listed = new Set(named.map(serverAndModel));
  return withUniqueIds([...named, ...found.filter((candidate) => !listed.has(serverAndModel(candidate)))]);
}

function fromSetting(name: string, setting: ModelSetting, sources: Sources): Candidate {
  if (setting.provider === 'vscode') return fromVscodeSetting(name, setting, sources.vscode);
  if (setting.provider === 'llama') return fromFile(name, setting, sources.discovered);
  const places = placesOf(setting, sources.discovered);
  const [{ endpoint, keyName }] = places;
  const asked = { provider: setting.provider, model: setting.model, endpoint };
  const twin = sources.discovered.find((found) => serverAndModel(found) === serverAndModel(asked));
  return {
    ...asked,
    id: name,
    // One server elsewhere is enough for a request to leave this machine.
    locality: places.every(({ locality }) => locality === 'local') ? 'local' : 'hosted',
    ...(places.length > 1 ? { endpoints: places } : stated({ keyName })),
    ...facts(setting, twin, asked),
    ...wishes(setting),
    ...(twin ? {} : missing(asked, sources.discovered)),
    origin: 'settings',
  };
}

type Asked = Pick<Candidate, 'provider' | 'model' | 'endpoint'>;
type ServerSetting = Extract<ModelSetting, { model: string }>;
type FileSetting = Extract<ModelSetting, { provider: 'llama' }>;

function fromFile(name: string, setting: FileSetting, discovered: readonly Candidate[]): Candidate {
  const asked = { provider: 'llama', model: pathOf(setting), endpoint: OWN_PROCESS } as const;
  const twin = discovered.find((found) => serverAndModel(found) === serverAndModel(asked));
  const { completesOnly, unavailable }: Partial<Candidate> = twin ?? {};
  return { ...asked, id: name, locality: 'local', ...facts(setting, twin, asked), ...stated({ completesOnly, unavailable }), origin: 'settings' };
}

/** The file of a setting as an absolute path. */
export function pathOf({ file }: Pick<FileSetting, 'file'>): string {
  return join(file.replace(/^~(?=[\\/])/u, () => homedir()));
}

/** How the user wants the server to be asked. */
function wishes(setting: ServerSetting): Pick<Candidate, 'api' | 'apiVersion' | 'keepAlive'> {
  if (setting.provider === 'ollama') return setting.keepAlive === undefined ? {} : { keepAlive: setting.keepAlive };
  if (setting.provider !== 'openai') return {};
  const { api, apiVersion } = setting;
  return stated({ api: api === 'auto' ? undefined : api, apiVersion });
}

/** Where a model is served: at the endpoints that are listed, or at its one address. */
function placesOf(setting: ServerSetting, discovered: readonly Candidate[]): readonly [Endpoint, ...Endpoint[]] {
  const { provider, model } = setting;
  const placeOf = ({ baseUrl = setting.baseUrl, keyName, weight = 1 }: EndpointSetting): Endpoint => {
    const endpoint = endpointOf({ provider, baseUrl });
    return { endpoint, locality: localityIn({ provider, model, endpoint }, discovered), weight, ...stated({ keyName }) };
  };
  const [first = {}, ...others] = setting.endpoints ?? [];
  return [placeOf(first), ...others.map(placeOf)];
}

function endpointOf({ provider, baseUrl }: Pick<ServerSetting, 'provider'> & { readonly baseUrl: string | undefined }): string {
  if (provider === 'ollama') return rootOf(baseUrl ?? OLLAMA_URL);
  // The package adds /v1 itself.
  return provider === 'anthropic' ? rootOf(baseUrl ?? ANTHROPIC_URL) : withPath(baseUrl ?? OPENAI_URL);
}

/** A server that hands requests on knows better than its address, by whichever protocol it is asked. */
function localityIn({ model, endpoint }: Asked, discovered: readonly Candidate[]): Candidate['locality'] {
  const handedOn = discovered.some(
    (found) => found.locality === 'hosted' && rootKey(found.endpoint) === rootKey(endpoint) && plainName(found.model) === plainName(model),
  );
  return handedOn ? 'hosted' : ollamaLocality(endpoint, model);
}

/** Ollama lists all it has, so a model that is not there when the server answered is not installed. */
function missing({ provider, model, endpoint }: Asked, discovered: readonly Candidate[]): Pick<Candidate, 'unavailable'> {
  const answered = discovered.some((found) => rootKey(found.endpoint) === rootKey(endpoint));
  return provider === 'ollama' && answered ? { unavailable: `Ollama has no ${model}: “Fairlead: Pull an Ollama Model” or \`ollama pull ${model}\` gets it.` } : {};
}

/** OpenAI-compatible servers stand below /v1; people leave that out. */
function withPath(baseUrl: string): string {
  const trimmed = baseUrl.replace(/\/+$/u, '');
  return URL.canParse(trimmed) && new URL(trimmed).pathname === '/' ? `${trimmed}/v1` : trimmed;
}

function isMeant(model: OfferedModel, { vendor = model.vendor, family = model.family, id = model.id }: VscodeSetting): boolean {
  return model.vendor !== OWN_VENDOR && vendor === model.vendor && family === model.family && id === model.id;
}

type VscodeSetting = Extract<ModelSetting, { provider: 'vscode' }>;

function fromVscodeSetting(name: string, setting: VscodeSetting, offered: readonly OfferedModel[]): Candidate {
  const match = offered.find((model) => isMeant(model, setting));
  const wanted = [setting.vendor, setting.family, setting.id].filter((word) => word !== undefined).join('/');
  const { vendor = '', family = '', id = family } = match ?? setting;
  return {
    id: name,
    provider: 'vscode',
    model: id,
    endpoint: vendor,
    locality: 'hosted',
    ...facts(setting, match && fromOffered(match), { model: family, endpoint: '' }),
    ...(match ? {} : { unavailable: `VS Code offers no model ${wanted} now.` }),
    origin: 'settings',
  };
}

type Facts = KnownFacts & Pick<Candidate, 'capabilities' | 'capabilitiesKnown' | 'parametersB'>;

/** The setting's word, else the server's, else the catalogue's, else a guess that excludes nothing. */
function facts(setting: ModelSetting, twin: Candidate | undefined, asked: Pick<Candidate, 'model' | 'endpoint'>): Facts {
  const known = knownFacts(asked);
  const { contextWindow: contextTokens, maxOutputTokens, price } = setting;
  return {
    ...known,
    ...stated({ contextTokens: twin?.contextTokens, maxOutputTokens: twin?.maxOutputTokens, price: twin?.price, parametersB: twin?.parametersB }),
    ...stated({ contextTokens, maxOutputTokens, price: price && stated(price) }),
    ...abilities(known, setting.capabilities ? { capabilities: setting.capabilities, capabilitiesKnown: true } : twin, asked.model),
  };
}

/** What the catalogue adds to a candidate that nobody described; VS Code's families are its publishers' names. */
function withKnown(candidate: Candidate, model = candidate.model): Candidate {
  const known = knownFacts({ model, endpoint: candidate.endpoint });
  return { ...known, ...candidate, ...abilities(known, candidate, model) };
}

type Abilities = Pick<Candidate, 'capabilities' | 'capabilitiesKnown'>;

/** A server that only guesses about its models yields to the catalogue, but keeps what it found out. */
function abilities({ capabilities: known }: KnownFacts, said: Abilities | undefined, model: string): Abilities {
  if (said?.capabilitiesKnown === true) return { capabilities: said.capabilities, capabilitiesKnown: true };
  const guessed: readonly Capability[] = said?.capabilities ?? (fimFormatFor(model) ? ['fim'] : []);
  return { capabilities: [...new Set([...(known ?? []), ...guessed])], capabilitiesKnown: known !== undefined };
}

function fromOffered(model: OfferedModel): Candidate {
  return {
    id: `${model.vendor}/${model.id}`,
    provider: 'vscode',
    model: model.id,
    // VS Code does not say where a vendor's models run.
    locality: 'hosted',
    endpoint: model.vendor,
    contextTokens: model.maxInputTokens,
    capabilities: model.capabilities ?? [],
    capabilitiesKnown: model.capabilities !== undefined,
    origin: 'discovered',
  };
}

function serverAndModel({ provider, endpoint, model }: Pick<Candidate, 'provider' | 'endpoint' | 'model'>): string {
  return `${provider} ${rootKey(endpoint)} ${plainName(model)}`;
}

function plainName(model: string): string {
  return model.replace(/:latest$/u, '');
}

function rootKey(endpoint: string): string {
  return rootOf(endpoint).toLowerCase().replace('://localhost', '://127.0.0.1');
}

function withUniqueIds(candidates: readonly Candidate[]): Candidate[] {
  const taken = new Set<string>();
  return candidates.map((candidate) => {
    let { id } = candidate;
    for (let count = 2; taken.has(id); count += 1) id = `${candidate.id} (${String(count)})`;
    taken.add(id);
    return { ...candidate, id };
  });
}
