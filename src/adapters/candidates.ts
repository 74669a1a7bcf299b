// One list of models from three sources: the user's settings, what was discovered, and what VS Code offers.
// The user's word counts above a server's, and a model that stands in the settings is not listed twice.
import { fimFormatFor } from '../completion/fim-formats';
import type { Candidate, Capability } from '../router/types';
import type { ModelSetting } from '../settings/entries';
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
export const OLLAMA_URL = 'http://127.0.0.1:11434';
/** Our own vendor: routing to it would route in a circle. */
const OWN_VENDOR = 'fairlead';

/** Settings first, in their order, then discovered models, then the editor's. Ids are unique. */
export function buildCandidates(sources: Sources): Candidate[] {
  const offered = sources.vscode.filter(({ vendor }) => vendor !== OWN_VENDOR);
  const found = [...sources.discovered, ...offered.map(fromOffered)];
  const named = Object.entries(sources.models).map(([name, setting]) => fromSetting(name, setting, sources));
  const listed = new Set(named.map(serverAndModel));
  return withUniqueIds([...named, ...found.filter((candidate) => !listed.has(serverAndModel(candidate)))]);
}

function fromSetting(name: string, setting: ModelSetting, sources: Sources): Candidate {
  if (setting.provider === 'vscode') return fromVscodeSetting(name, setting, sources.vscode);
  const asked = { provider: setting.provider, model: setting.model, endpoint: endpointOf(setting) };
  const twin = sources.discovered.find((found) => serverAndModel(found) === serverAndModel(asked));
  return {
    ...asked,
    id: name,
    locality: localityIn(asked, sources.discovered),
    ...facts(setting, twin, setting.model),
    ...(twin ? {} : missing(asked, sources.discovered)),
    origin: 'settings',
  };
}

type Asked = Pick<Candidate, 'provider' | 'model' | 'endpoint'>;
type ServerSetting = Exclude<ModelSetting, { provider: 'vscode' }>;

function endpointOf({ provider, baseUrl }: ServerSetting): string {
  return provider === 'ollama' ? rootOf(baseUrl ?? OLLAMA_URL) : withPath(baseUrl ?? OPENAI_URL);
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
  return provider === 'ollama' && answered ? { unavailable: `Ollama has no ${model}; \`ollama pull ${model}\` gets it.` } : {};
}

/** OpenAI-compatible servers stand below /v1; people leave that out. */
function withPath(baseUrl: string): string {
  const trimmed = baseUrl.replace(/\/+$/u, '');
  return URL.canParse(trimmed) && new URL(trimmed).pathname === '/' ? `${trimmed}/v1` : trimmed;
}

type VscodeSetting = Extract<ModelSetting, { provider: 'vscode' }>;

function fromVscodeSetting(name: string, setting: VscodeSetting, offered: readonly OfferedModel[]): Candidate {
  const match = offered.find(
    (model) =>
      model.vendor !== OWN_VENDOR &&
      (setting.vendor ?? model.vendor) === model.vendor &&
      (setting.family ?? model.family) === model.family &&
      (setting.id ?? model.id) === model.id,
  );
  const wanted = [setting.vendor, setting.family, setting.id].filter((word) => word !== undefined).join('/');
  const twin = match && fromOffered(match);
  return {
    id: name,
    provider: 'vscode',
    model: match?.id ?? setting.id ?? setting.family ?? '',
    endpoint: match?.vendor ?? setting.vendor ?? '',
    locality: 'hosted',
    ...facts(setting, twin, ''),
    ...(match ? {} : { unavailable: `VS Code offers no model ${wanted} now.` }),
    origin: 'settings',
  };
}

type Facts = Pick<Candidate, 'contextTokens' | 'maxOutputTokens' | 'capabilities' | 'capabilitiesKnown' | 'price'>;

/** The setting's word, else the server's, else a guess that excludes nothing. */
function facts(setting: ModelSetting, twin: Candidate | undefined, model: string): Facts {
  const contextTokens = setting.contextWindow ?? twin?.contextTokens;
  const { maxOutputTokens, price } = setting;
  return {
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(price ? { price: toPrice(price) } : {}),
    ...capabilitiesOf(setting, twin, model),
  };
}

function capabilitiesOf(setting: ModelSetting, twin: Candidate | undefined, model: string): Pick<Facts, 'capabilities' | 'capabilitiesKnown'> {
  if (setting.capabilities) return { capabilities: setting.capabilities, capabilitiesKnown: true };
  if (twin) return { capabilities: twin.capabilities, capabilitiesKnown: twin.capabilitiesKnown };
  return { capabilities: fimFormatFor(model) ? ['fim'] : [], capabilitiesKnown: false };
}

function toPrice({ input, output, cachedInput }: NonNullable<ModelSetting['price']>): NonNullable<Candidate['price']> {
  return { input, output, ...(cachedInput === undefined ? {} : { cachedInput }) };
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
