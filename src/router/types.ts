// The words of the router: request, route, candidate, classification, decision.
// Field terms: a *route* is a user's policy (name and description of a kind of work); a *candidate* is a
// model that may be chosen; `other` is the outcome "no route fits" (Arch-Router, arXiv 2506.16655, sec. 3).
import type { SettingRoute } from '../settings/settings';
import type { RouterErrorCode } from '../shared/errors';
import type { Pace, PaceReason } from './choosing/pace';
import type { PreferenceMode, Running, SwitchReason } from './choosing/running';

/** The outcome "none of the user's routes fits"; leads to the default models. */
export const OTHER = 'other';

/** Where a request came from. */
export type Surface = 'chat' | 'agent' | 'inline' | 'cli' | 'utility';

export type Capability = 'tools' | 'vision' | 'fim' | 'thinking';

/** A route as the settings hold it. */
export type Route = SettingRoute;

/** `local`: the request does not leave this machine (own process or a loopback address). */
export type Locality = 'local' | 'hosted';

/** USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  /** Input that is written to the provider's cache, where that costs more than other input. */
  readonly cacheWrite?: number;
}

/** One of several servers or keys that serve the same model. */
export interface Endpoint {
  /** Base URL. */
  readonly endpoint: string;
  readonly locality: Locality;
  /** Share of the requests in proportion to the others'; above 0. */
  readonly weight: number;
  /** Which of several keys stored for the server; the one without a name when left out. */
  readonly keyName?: string;
}

/** `llama`: a GGUF file in our own child process; `model` is the path of the file. */
export type ProviderKind = 'openai' | 'anthropic' | 'ollama' | 'llama' | 'vscode';

/** A model that may be chosen, as far as is known now. */
export interface Candidate {
  /** Name in `fairlead.models`, or `provider/model` when discovered. Unique. */
  readonly id: string;
  readonly provider: ProviderKind;
  /** The name the server knows it by. */
  readonly model: string;
  readonly locality: Locality;
  /** Base URL for HTTP providers; the vendor for `vscode`. Shown, and used to tell endpoints apart. */
  readonly endpoint: string;
  /** Which of several keys stored for the endpoint; the one without a name when left out. */
  readonly keyName?: string;
  /** Where there are several, the first of which is `endpoint`; requests are spread over them. */
  readonly endpoints?: readonly Endpoint[];
  /** Whole window in tokens; undefined when unknown. */
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  /** Billions of parameters, as the server or the file says. */
  readonly parametersB?: number;
  readonly capabilities: readonly Capability[];
  /** False when the capabilities are a guess and must not exclude the model. */
  readonly capabilitiesKnown: boolean;
  readonly price?: Price;
  /** Models of one family understand each other's history, such as `claude`, `gpt`, `qwen`; lower case. */
  readonly family?: string;
  /** Marks of fill-in-the-middle that it was trained on, by their name in `completion/fim-formats`. */
  readonly fimFamily?: string;
  /** ISO date, or year and month. */
  readonly released?: string;
  /** Which of OpenAI's two interfaces to use; `prefer-responses` takes the other one where a server has no Responses. */
  readonly api?: 'chat' | 'responses' | 'prefer-responses';
  /** Azure OpenAI's `api-version`; the key then travels as Azure wants it. */
  readonly apiVersion?: string;
  /** How long Ollama keeps the model loaded after an answer, such as `30m` or `-1`. */
  readonly keepAlive?: string;
  /** Goes on with a text and cannot hold a conversation: fit for ghost text alone. */
  readonly completesOnly?: true;
  /** Undefined when usable; otherwise why not, in words for the user. */
  readonly unavailable?: string;
  readonly origin: 'settings' | 'discovered';
}

export type TurnRole = 'system' | 'user' | 'assistant' | 'tool';

export interface Turn {
  readonly role: TurnRole;
  readonly text: string;
  /** Files whose text a model on this machine may have repeated here; none where a hosted one spoke. */
  readonly files?: readonly string[];
}

/** What the router knows of one request. Text is used for classification only, never logged. */
export interface RouteRequest {
  readonly id: string;
  readonly surface: Surface;
  /** The conversation, oldest first, ending with the user's turn. Empty for `inline`. */
  readonly turns: readonly Turn[];
  /** Joins the requests of one conversation; undefined for one-off requests. */
  readonly conversation?: string;
  /** Route decided for the previous turn of this conversation. */
  readonly previousRoute?: string;
  /** Estimated prompt size in tokens, references included. */
  readonly inputTokens: number;
  readonly needs: readonly Capability[];
  /** Workspace-relative paths (forward slashes) of every file whose text or name goes along; of ghost text, its own file first. */
  readonly paths: readonly string[];
  /** VS Code language ids of those files. */
  readonly languages: readonly string[];
  /** Model the user named for this request; the router then only checks it. */
  readonly pinned?: string;
  /** How the user wants models ordered; as written when left out. */
  readonly mode?: PreferenceMode;
  /** What the conversation runs on so far; undefined at its first request. */
  readonly running?: Running;
  /** Of ghost text: power, how quick models have been here, and whose text was taken. */
  readonly pace?: Pace;
  /** Name, path and address of each open folder; undefined where that is not known. */
  readonly workspace?: readonly string[];
  /** Every text that goes to the model; it is searched for secrets before a hosted model is chosen. */
  readonly texts?: readonly string[];
  /** The secrets in those texts; undefined when nobody could look. */
  readonly secrets?: readonly SecretCount[];
}

/** A kind of secret, such as “GitHub token”, and how often it stands in a request. Never the secret. */
export interface SecretCount {
  readonly kind: string;
  readonly count: number;
}

export interface ScoredRoute {
  readonly route: string;
  readonly probability: number;
}

/** Where a classifier's own calibration draws the lines; probabilities. */
export interface Thresholds {
  /** From here on the best route is taken alone. */
  readonly one: number;
  /** From here on the best three together are worth offering; below, ask. */
  readonly slate: number;
}

/** A classifier's answer: one probability per route and for `other`, summing to 1, highest first. */
export interface Classification {
  readonly classifier: string;
  readonly distribution: readonly ScoredRoute[];
  readonly ms: number;
  /** Left out by classifiers that are not calibrated. */
  readonly thresholds?: Thresholds;
  /** Several routes when the prompt holds several instructions (Plano-Orchestrator's list answer). */
  readonly multi?: readonly string[];
  /** Remarks that belong into the decision, such as a prompt order the model was not trained on. */
  readonly notes?: readonly string[];
}

/** One cap of the user's and what counts against it. */
export interface CapUse {
  readonly period: 'day' | 'month' | 'conversation';
  readonly unit: 'usd' | 'requests';
  readonly used: number;
  readonly cap: number;
  /** Milliseconds since the epoch; a conversation's cap never resets. */
  readonly resetsAt: number | undefined;
}

/** Why a candidate may not serve this request. */
export type Refusal =
  | { readonly kind: 'unavailable'; readonly detail: string }
  | { readonly kind: 'context'; readonly needsTokens: number; readonly hasTokens: number }
  | { readonly kind: 'capability'; readonly missing: Capability }
  | { readonly kind: 'not_local'; readonly rule: string }
  | { readonly kind: 'not_required'; readonly rule: string }
  | { readonly kind: 'excluded'; readonly rule: string }
  /** A file of `fairlead.neverSend` is what the request is about. */
  | { readonly kind: 'never_sent'; readonly path: string; readonly glob: string; readonly ofWorkspace: boolean }
  /** `found` is empty when nobody could look. */
  | { readonly kind: 'secret'; readonly found: readonly SecretCount[] }
  | { readonly kind: 'budget'; readonly cap: CapUse };

/** Why the decision is what it is; `explain.ts` turns each into words. */
export type Reason =
  | { readonly kind: 'route'; readonly route: string; readonly probability: number; readonly classifier: string }
  | { readonly kind: 'other'; readonly probability: number; readonly classifier: string }
  | { readonly kind: 'unclassified'; readonly why: 'inline' | 'no_text' | 'no_routes' | 'no_classifier' | 'pinned' }
  | { readonly kind: 'pinned'; readonly model: string }
  | { readonly kind: 'rule'; readonly rule: string; readonly effect: 'require' | 'exclude' | 'prefer' }
  | { readonly kind: 'route_models'; readonly route: string }
  | { readonly kind: 'default_models' }
  | { readonly kind: 'any_model' }
  | { readonly kind: 'route_models_refused'; readonly route: string }
  /** Would have been chosen, and is not asked before `untilMs` (milliseconds since the epoch). */
  | { readonly kind: 'resting'; readonly model: string; readonly untilMs: number; readonly code: RouterErrorCode }
  /** Models that may cost money are stopped. */
  | { readonly kind: 'budget'; readonly cap: CapUse }
  /** Models on this machine come first: only they may read the file. */
  | { readonly kind: 'never_sent'; readonly path: string; readonly glob: string; readonly ofWorkspace: boolean }
  /** What becomes of secrets if a hosted model answers. */
  | { readonly kind: 'secret'; readonly found: readonly SecretCount[]; readonly then: 'replaced' | 'sent' | 'kept' }
  /** Whether a running conversation keeps its model, with the arithmetic. */
  | SwitchReason
  /** Ordered by what the request is expected to cost. */
  | { readonly kind: 'economy'; readonly costs: readonly { readonly model: string; readonly usd: number | undefined }[] }
  /** Of ghost text: a model that the user did not rank, before another such one. */
  | PaceReason
  | { readonly kind: 'quality'; readonly by: 'your_order' | 'price_and_window' }
  | { readonly kind: 'none_eligible' };

/** What did not go as it should have, and what was done instead. */
export type Degradation =
  | { readonly kind: 'late'; readonly classifier: string; readonly deadlineMs: number; readonly used: string }
  | { readonly kind: 'failed'; readonly classifier: string; readonly detail: string; readonly used: string }
  | { readonly kind: 'late_answer_used'; readonly classifier: string }
  /** Not asked, because the text would have left the machine. */
  | { readonly kind: 'kept_local'; readonly classifier: string };

export interface RefusedCandidate {
  readonly model: string;
  readonly refusals: readonly Refusal[];
}

export type Confidence = 'one_route' | 'slate' | 'ask' | 'none';

/** The outcome of routing one request. Plain data: it is logged, stored and shown as it is. */
export interface Decision {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly surface: Surface;
  /** Route name, `other`, or undefined when nothing was classified. */
  readonly route: string | undefined;
  readonly probability: number | undefined;
  readonly confidence: Confidence;
  readonly runnerUp: ScoredRoute | undefined;
  /** More than one route when the prompt holds several instructions. */
  readonly routes: readonly string[];
  /** Candidate id; undefined when no candidate is eligible. */
  readonly model: string | undefined;
  /** The next models to try, in order; all eligible. */
  readonly fallbacks: readonly string[];
  readonly reasons: readonly Reason[];
  readonly refused: readonly RefusedCandidate[];
  readonly degraded: readonly Degradation[];
  readonly classifier: string | undefined;
  readonly classifierMs: number | undefined;
  /** True when a privacy rule keeps this request on the machine. */
  readonly localOnly: boolean;
  readonly notes: readonly string[];
}
