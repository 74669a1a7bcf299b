// A GGUF language model as classifier: one forward pass over the prompt, then the probability of each answer that
// is on offer. Nothing is generated freely.
import { fromChoices } from '../../router/dialects/distribution';
import { routeNames, systemFor, type AnswerForm, type Dialect, type DialectPrompt } from '../../router/dialects/dialect';
import { fitTurns } from '../../router/dialects/turns';
import type { Classifier, ClassifierInput, ClassifierRoute, Clock } from '../../router/ports';
import type { Classification } from '../../router/types';
import type { ChoiceRequest, LlamaRuntime, ModelSpec } from '../llama/runtime';

export interface DecoderDeps {
  readonly runtime: LlamaRuntime;
  readonly model: ModelSpec;
  readonly dialect: Dialect;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Shown in decisions; the dialect's name when left out. */
  readonly id?: string;
  /** Most tokens of conversation; the dialect's own number when left out. */
  readonly conversationTokens?: number;
}

/** From this probability on, an answer that may name several routes goes on. */
const GOES_ON = 0.5;
const DEFAULT_CONTEXT_TOKENS = 4096;
/** Chat template, answer and a margin. */
const RESERVED_TOKENS = 96;
const LEAST_CONVERSATION_TOKENS = 64;

export const CUT_NOTE = 'A long message was read by its beginning and end.';

export function createDecoderClassifier(deps: DecoderDeps): Classifier {
  const { runtime, model, dialect, clock } = deps;
  const room = createRoom(deps);
  return {
    id: deps.id ?? dialect.id,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => {
      const start = clock.now();
      const fitted = await fitTurns(input, {
        tokens: await room(input.routes, signal),
        count: (text) => runtime.countTokens(model, text, signal),
      });
      const prompt = dialect.prompt(fitted.input);
      const { logProbabilities } = await runtime.choose(model, toRequest(prompt, prompt), signal);
      const distribution = fromChoices(prompt.choices, logProbabilities, routeNames(input.routes));
      const multi = await readMore(deps, { prompt, routes: input.routes, first: distribution[0]?.route }, signal);
      const notes = [...dialect.notes, ...(fitted.cut ? [CUT_NOTE] : [])];
      return {
        classifier: deps.id ?? dialect.id,
        distribution,
        ms: clock.now() - start,
        ...(multi.length > 1 ? { multi } : {}),
        ...(notes.length > 0 ? { notes } : {}),
      } satisfies Classification;
    },
    warm: (routes) => {
      const prompt = dialect.prompt({ text: '', routes });
      runtime.warm(model, toRequest(prompt, prompt));
    },
  };
}

function toRequest(prompt: DialectPrompt, { answerStart, choices }: AnswerForm): ChoiceRequest {
  const system = systemFor(prompt);
  return {
    prompt: { kind: 'chat', user: prompt.user, answerStart, ...(system === undefined ? {} : { system }) },
    stablePrefix: prompt.stablePrefix,
    choices: choices.map(({ text }) => text),
  };
}

type Room = (routes: readonly ClassifierRoute[], signal: AbortSignal) => Promise<number>;

/** Tokens that the context leaves for the conversation; counted anew when the routes change. */
function createRoom({ runtime, model, dialect, conversationTokens = dialect.conversationTokens }: DecoderDeps): Room {
  let known: { readonly fixed: string; readonly tokens: number } | undefined;
  return async (routes, signal) => {
    const empty = dialect.prompt({ text: '', routes });
    const fixed = `${systemFor(empty) ?? ''}\n${empty.user}`;
    if (known?.fixed !== fixed) {
      const { trainContextTokens } = await runtime.facts(model, signal);
      const context = Math.min(model.contextTokens ?? DEFAULT_CONTEXT_TOKENS, trainContextTokens);
      const used = await runtime.countTokens(model, fixed, signal);
      known = { fixed, tokens: Math.max(LEAST_CONVERSATION_TOKENS, context - used - RESERVED_TOKENS) };
    }
    return Math.min(conversationTokens, known.tokens);
  };
}

interface Begun {
  readonly prompt: DialectPrompt;
  readonly routes: ClassifierInput['routes'];
  readonly first: string | undefined;
}

/** The routes of a list answer, in its order; each further one costs one more pass over a few tokens. */
async function readMore(
  { runtime, model, dialect }: DecoderDeps,
  { prompt, routes, first }: Begun,
  signal: AbortSignal,
): Promise<string[]> {
  const named = first !== undefined && routeNames(routes).includes(first) ? [first] : [];
  for (let more = dialect.more?.(named, routes); more; more = dialect.more?.(named, routes)) {
    const { end, choices } = more;
    const { logProbabilities } = await runtime.choose(model, toRequest(prompt, more), signal);
    if (1 - Math.exp(logProbabilities[end] ?? 0) < GOES_ON) break;
    const others = logProbabilities.map((value, index) => (index === end ? Number.NEGATIVE_INFINITY : value));
    const best = choices[others.indexOf(Math.max(...others))];
    if (!best) break;
    named.push(best.route);
  }
  return named;
}
