// A classifier model behind an OpenAI-compatible server, such as Arch-Router on vLLM: the same prompts as the local
// decoder. The server's log-probabilities grade the answer where it gives them; a bare name is taken with a stated
// confidence.
import * as z from 'zod';
import { readAlternatives, targetsOf, type TokenReading } from '../../router/dialects/alternatives';
import { readAnswer } from '../../router/dialects/answer';
import { routeNames, type Dialect, type DialectPrompt } from '../../router/dialects/dialect';
import { fromOne, fromSome, UNGRADED_CONFIDENCE } from '../../router/dialects/distribution';
import { fitTurns } from '../../router/dialects/turns';
import type { Classifier, Clock } from '../../router/ports';
import { estimateTokens } from '../../router/tokens';
import { OTHER, type Classification, type ScoredRoute } from '../../router/types';
import { RouterError } from '../../shared/errors';
import { refusalBehind } from '../errors';
import { hostOf } from '../locality';
import { CUT_NOTE } from './decoder';
import { askEndpoint, type EndpointDeps } from './endpoint';

export interface RemoteDeps extends EndpointDeps {
  readonly dialect: Dialect;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly id?: string;
}

export const UNGRADED_NOTE = `The server gave no probabilities; its answer counts ${UNGRADED_CONFIDENCE.toFixed(2)}.`;

const TOP_LOGPROBS = 10;

const alternative = z.object({ token: z.string(), logprob: z.number() });
const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        logprobs: z
          .object({ content: z.array(alternative.extend({ top_logprobs: z.array(alternative).nullish() })).nullish() })
          .nullish()
          // Some servers have a form of their own here; the answer's text still counts.
          .catch(undefined),
      }),
    )
    .min(1),
});
type Answer = z.infer<typeof answerSchema>;

/** What a server may refuse; each is then left out for good. */
type Option = 'logprobs' | 'temperature' | 'max_tokens';

export function createRemoteClassifier(deps: RemoteDeps): Classifier {
  const { dialect, clock } = deps;
  const id = deps.id ?? `${dialect.id}@${hostOf(deps.endpoint)}`;
  const refused = new Set<Option>();
  return {
    id,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => {
      const start = clock.now();
      const fitted = await fitTurns(input, { tokens: dialect.conversationTokens, count: estimateTokens });
      const names = routeNames(input.routes);
      const answer = await ask(deps, { prompt: dialect.prompt(fitted.input), names, refused }, signal);
      const { distribution, multi, graded } = read(answer, { names, list: dialect.more !== undefined });
      const notes = [...dialect.notes, ...(fitted.cut ? [CUT_NOTE] : []), ...(graded ? [] : [UNGRADED_NOTE])];
      return {
        classifier: id,
        distribution,
        ms: clock.now() - start,
        ...(multi.length > 1 ? { multi } : {}),
        ...(notes.length > 0 ? { notes } : {}),
      } satisfies Classification;
    },
  };
}

interface Asked {
  readonly prompt: DialectPrompt;
  readonly names: readonly string[];
  readonly refused: Set<Option>;
}

async function ask(deps: RemoteDeps, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const url = `${deps.endpoint.replace(/\/+$/u, '')}/chat/completions`;
  const refused = new Set(asked.refused);
  for (;;) {
    const body = bodyFor(deps.model, { ...asked, refused });
    try {
      const answer = await askEndpoint(deps, { url, body, schema: answerSchema }, signal);
      // Only now is it known that these were what the server minded.
      for (const option of refused) asked.refused.add(option);
      return answer;
    } catch (error) {
      const option = refusedOption(error, refused);
      if (!option) throw error;
      refused.add(option);
    }
  }
}

function bodyFor(model: string, { prompt, names, refused }: Asked): object {
  const longest = Math.max(8, ...names.map((name) => name.length));
  const most = Math.min(256, 24 + longest * 2);
  return {
    model,
    messages: [
      ...(prompt.system === undefined ? [] : [{ role: 'system', content: prompt.system }]),
      { role: 'user', content: prompt.user },
    ],
    stream: false,
    ...(refused.has('temperature') ? {} : { temperature: 0 }),
    ...(refused.has('max_tokens') ? { max_completion_tokens: most } : { max_tokens: most }),
    ...(refused.has('logprobs') ? {} : { logprobs: true, top_logprobs: TOP_LOGPROBS }),
  };
}

/** By the parameter that the server names; a refusal that names none is most likely about log-probabilities. */
function refusedOption(error: unknown, refused: ReadonlySet<Option>): Option | undefined {
  if (!RouterError.is(error, 'bad_request') && !RouterError.is(error, 'unsupported')) return undefined;
  const { param } = refusalBehind(error);
  const named: Readonly<Record<string, Option>> = { temperature: 'temperature', max_tokens: 'max_tokens' };
  const option = named[param ?? ''] ?? 'logprobs';
  return refused.has(option) ? undefined : option;
}

interface Read {
  readonly distribution: readonly ScoredRoute[];
  readonly multi: readonly string[];
  readonly graded: boolean;
}

function read({ choices }: Answer, { names, list }: { readonly names: readonly string[]; readonly list: boolean }): Read {
  const [choice] = choices;
  const named = readAnswer(choice?.message.content ?? '', names);
  const tokens: TokenReading[] = (choice?.logprobs?.content ?? []).map(({ token, logprob, top_logprobs: others }) => ({
    token,
    logprob,
    alternatives: others ?? [],
  }));
  const hasAlternatives = tokens.some(({ alternatives }) => alternatives.length > 0);
  const weights = hasAlternatives ? readAlternatives(tokens, targetsOf(names, list)) : undefined;
  const multi = list ? named : [];
  return weights
    ? { distribution: fromSome(weights, names), multi, graded: true }
    : { distribution: fromOne(named[0] ?? OTHER, names), multi, graded: false };
}
