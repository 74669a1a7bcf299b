// What is kept of one answer while it streams by: by whom, by which words it is known again, and what was counted.
import type { RunEvent } from '../router/running/execute';
import type { Usage } from '../router/ports';
import type { Running } from '../router/choosing/running';
import type { Decision } from '../router/types';
import type { Answered } from './conversations';

/** Fewer tokens say little about how fast a model reads. */
const LEAST_MEASURED_TOKENS = 500;

export interface AnswerRecord {
  see(event: RunEvent): void;
  answered(): Answered;
  /** What the conversation runs on from here; undefined when nothing was answered. */
  running(before: Running | undefined): Running | undefined;
  /** How fast the model read the prompt, by its id; only of one that came new to the conversation and read all of it. */
  tokensPerSecond(before: Running | undefined): Readonly<Record<string, number>>;
}

export interface RecordInput {
  readonly decision: Decision;
  /** Estimated tokens of the prompt, for answers that end before the server has counted. */
  readonly promptTokens: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createAnswerRecord({ decision, promptTokens, now }: RecordInput): AnswerRecord {
  let model = decision.model ?? '';
  let announcedAt = now();
  let firstWordAt: number | undefined;
  let text = '';
  const calls: string[] = [];
  let usage: Usage | undefined;

  return {
    see: (event) => {
      if (event.type === 'announce') {
        model = event.model;
        announcedAt = now();
      }
      if (event.type === 'text' || event.type === 'tool_call' || event.type === 'thinking') firstWordAt ??= now();
      if (event.type === 'text') text += event.text;
      if (event.type === 'tool_call') calls.push(event.id);
      if (event.type === 'usage') usage = event.usage;
    },
    answered: () => ({ text, calls }),
    running: (before) =>
      firstWordAt === undefined
        ? undefined
        : {
            model,
            ...standsIn(decision, model),
            at: now(),
            promptTokens: usage?.inputTokens ?? promptTokens,
            ...(usage?.cachedInputTokens === undefined ? {} : { cachedTokens: usage.cachedInputTokens }),
            requests: (before?.requests ?? 0) + 1,
          },
    tokensPerSecond: (before) => {
      const ms = (firstWordAt ?? 0) - announcedAt;
      const tokens = usage?.inputTokens ?? promptTokens;
      return before?.model === model || ms <= 0 || tokens < LEAST_MEASURED_TOKENS ? {} : { [model]: Math.round((tokens / ms) * 1000) };
    },
  };
}

/** The model that was wanted: the decision's, or the one it passed over because it rests. */
function standsIn({ model: decided, reasons }: Decision, model: string): Pick<Running, 'standsInFor'> {
  if (decided !== undefined && decided !== model) return { standsInFor: decided };
  const rests = reasons.find((reason) => reason.kind === 'resting');
  return rests ? { standsInFor: rests.model } : {};
}
