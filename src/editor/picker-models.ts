// What Fairlead offers in the model picker and to `vscode.lm`: four ways to choose automatically, and each usable model
// by its name. Models of VS Code itself are not offered again.
import type { LanguageModelChatInformation } from 'vscode';
import { MODE_NAMES } from '../router/choosing/preference-modes';
import { leavesMachine } from '../router/choosing/rules';
import type { PreferenceMode } from '../router/choosing/running';
import type { Candidate, Price } from '../router/types';

/** Windows to claim while no model's own window is known. */
const UNKNOWN_WINDOW_TOKENS = 128_000;
const UNKNOWN_OUTPUT_TOKENS = 16_000;
/** Share of a window that the answer may need where the model's own limit is larger or not known. */
const MOST_OUTPUT_SHARE = 0.25;

/** What a request asks of the router by the picked model. */
export interface Choice {
  readonly mode?: PreferenceMode;
  /** Candidate id. */
  readonly pinned?: string;
}

const AUTO_ID = 'auto';
const NAMED = 'model/';

interface AutoWay {
  readonly id: string;
  readonly name: string;
  readonly mode?: PreferenceMode;
  /** How it chooses; the models' names follow. */
  readonly how: string;
}

const AUTO_WAYS: readonly AutoWay[] = [
  // VS Code preselects the first model by name for a new user; the space, which is not shown, makes it this one.
  { id: AUTO_ID, name: ' Fairlead Auto', how: 'Chooses for each request of yours by your routes and rules' },
  { id: 'auto-economy', name: MODE_NAMES.economy, mode: 'economy', how: 'Among the models that you allow for the work, takes the one whose answer is expected to cost least' },
  { id: 'auto-quality', name: MODE_NAMES.quality, mode: 'quality', how: 'Keeps your order; where you gave none, takes hosted models first, then the dearer, then the larger window' },
  { id: 'auto-local', name: MODE_NAMES.local, mode: 'local', how: 'Nothing leaves this machine: hosted models are refused, whatever your routes say' },
];

export function pickerModels(candidates: readonly Candidate[]): LanguageModelChatInformation[] {
  const usable = candidates.filter(({ unavailable, completesOnly, provider }) => unavailable === undefined && completesOnly !== true && provider !== 'vscode');
  return [...AUTO_WAYS.map((way) => autoModel(way, usable)), ...usable.map(namedModel)];
}

export function choiceOf(modelId: string): Choice {
  if (modelId.startsWith(NAMED)) return { pinned: modelId.slice(NAMED.length) };
  const mode = AUTO_WAYS.find(({ id }) => id === modelId)?.mode;
  return mode === undefined ? {} : { mode };
}

function autoModel({ id, name, mode, how }: AutoWay, usable: readonly Candidate[]): LanguageModelChatInformation {
  const among = mode === 'local' ? usable.filter((candidate) => !leavesMachine(candidate)) : usable;
  const known = among.length > 0;
  const none = mode === 'local' ? 'no local model yet' : 'no model yet';
  const tooltip = known
    ? `${how}. Models: ${among.map((candidate) => candidate.id).join(', ')}.`
    : `${how}. None is connected yet: run “Fairlead: Connect a Model Server” or “Fairlead: Find Models on This Machine”.`;
  return {
    id,
    name,
    family: 'fairlead',
    version: '1',
    detail: known ? `${String(among.length)} model${among.length === 1 ? '' : 's'}` : none,
    tooltip,
    ...largestWindow(among),
    // The picker offers agents only models with tools; a request that no model can serve says so itself.
    capabilities: { toolCalling: true, imageInput: !known || among.some((candidate) => may(candidate, 'vision')) },
  };
}

function namedModel(candidate: Candidate): LanguageModelChatInformation {
  const { id, model } = candidate;
  return {
    id: `${NAMED}${id}`,
    name: id,
    // Agents fit their prompts and editing tools to the family by its usual name.
    family: (model.split(/[/\\]/u).at(-1) ?? model).toLowerCase(),
    version: '1',
    detail: detailOf(candidate),
    tooltip: tooltipOf(candidate),
    ...windowOf(candidate),
    capabilities: { toolCalling: may(candidate, 'tools'), imageInput: may(candidate, 'vision') },
  };
}

/** `local · 32k`, `hosted · 200k · $3 in, $15 out`; dollars are those of a million tokens. */
function detailOf({ locality, contextTokens, price }: Candidate): string {
  return [locality, ...(contextTokens === undefined ? [] : [short(contextTokens)]), ...(price ? [`$${money(price.input)} in, $${money(price.output)} out`] : [])].join(' · ');
}

function tooltipOf(candidate: Candidate): string {
  const { id, model, locality, endpoint, contextTokens, price, released } = candidate;
  const where = locality === 'local' ? 'runs on this machine' : `is served by ${hostOf(endpoint)}`;
  return [
    `${id === model ? id : `${id} (${model})`} ${where}.`,
    ...(contextTokens === undefined ? [] : [`Window: ${contextTokens.toLocaleString('en-US')} tokens.`]),
    ...(price ? [priceSentence(price)] : []),
    ...(released === undefined ? [] : [`Released ${released}.`]),
    'Your rules hold for it; no other model answers in its place.',
  ].join(' ');
}

function priceSentence({ input, output, cachedInput }: Price): string {
  const cached = cachedInput === undefined ? '' : ` ($${money(cachedInput)} from the cache)`;
  return `Per million tokens: $${money(input)} in${cached}, $${money(output)} out.`;
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
}

/** Unknown facts exclude nothing. */
function may({ capabilities, capabilitiesKnown }: Candidate, capability: 'tools' | 'vision'): boolean {
  return !capabilitiesKnown || capabilities.includes(capability);
}

type Window = Pick<LanguageModelChatInformation, 'maxInputTokens' | 'maxOutputTokens'>;

/** Agents fill what they are told is there, so room for the answer is taken off. */
function windowOf({ contextTokens, maxOutputTokens }: Candidate): Window {
  const whole = contextTokens ?? UNKNOWN_WINDOW_TOKENS;
  const output = Math.min(maxOutputTokens ?? UNKNOWN_OUTPUT_TOKENS, Math.floor(whole * MOST_OUTPUT_SHARE));
  return { maxInputTokens: whole - output, maxOutputTokens: output };
}

function largestWindow(candidates: readonly Candidate[]): Window {
  const known = candidates.filter(({ contextTokens }) => contextTokens !== undefined);
  const windows = (known.length > 0 ? known : [undefined]).map((candidate) => windowOf(candidate ?? UNKNOWN));
  return windows.reduce((best, one) => (one.maxInputTokens > best.maxInputTokens ? one : best));
}

const UNKNOWN: Candidate = { id: '', provider: 'openai', model: '', locality: 'hosted', endpoint: '', capabilities: [], capabilitiesKnown: false, origin: 'discovered' };

function short(tokens: number): string {
  if (tokens >= 1_000_000) return `${String(Math.round(tokens / 100_000) / 10)}M`;
  return tokens >= 1000 ? `${String(Math.round(tokens / 1000))}k` : String(tokens);
}

function money(usd: number): string {
  return String(Number(usd.toPrecision(3)));
}
