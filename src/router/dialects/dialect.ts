// What a dialect is: the input format that a kind of classifier model was trained on, and how its answer is read.
// Pure text in, pure text out; who runs the model is decided elsewhere.
import type { ClassifierInput, ClassifierRoute } from '../ports';
import { OTHER } from '../types';

export type DialectId = 'arch-router' | 'plano' | 'generic';

/**
 * `trained`: as the model saw it in training. `instructions-first`: the conversation comes last, so that all that
 * stays the same is one cacheable prefix; 3 to 4 times faster on a CPU, and not what the model was trained on.
 */
export type PromptOrder = 'trained' | 'instructions-first';

/** One way the answer may go on, and the route that it means. */
export interface Choice {
  readonly text: string;
  readonly route: string;
}

export interface AnswerForm {
  /** What the answer begins with. */
  readonly answerStart: string;
  readonly choices: readonly Choice[];
}

export interface DialectPrompt extends AnswerForm {
  readonly system?: string;
  /** What the model's own chat template says when there is no system message; a server adds it by itself. */
  readonly templateSystem?: string;
  readonly user: string;
  /** Leading part of `user` that is the same for all requests with the same routes. */
  readonly stablePrefix: string;
}

export interface Dialect {
  readonly id: DialectId;
  readonly order: PromptOrder;
  /** Most tokens of conversation in a prompt, unless the caller knows better. */
  readonly conversationTokens: number;
  /** Remarks for the decision. */
  readonly notes: readonly string[];
  prompt(input: ClassifierInput): DialectPrompt;
  /** How an answer that names these routes already may go on; undefined where one route is the whole answer. */
  more?(named: readonly string[], routes: readonly ClassifierRoute[]): ContinuedAnswer | undefined;
}

export interface ContinuedAnswer extends AnswerForm {
  /** Index of the choice that ends the answer. */
  readonly end: number;
}

/** What a model that wraps its system message itself is to be told: nothing where its template does. */
export function systemFor({ system, templateSystem }: DialectPrompt): string | undefined {
  return system ?? templateSystem;
}

/** Names on offer, each once, in the user's order; `other` is an outcome of its own. */
export function routeNames(routes: readonly ClassifierRoute[]): string[] {
  return [...new Set(routes.map(({ name }) => name))].filter((name) => name !== OTHER);
}

export const INSTRUCTIONS_FIRST_NOTE =
  'The classifier read its instructions before the conversation, an order it was not trained on.';
