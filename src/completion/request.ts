// One request for ghost text, and what comes of it. Every step of the pipeline reads these.
import type { Sureness } from '../router/ports';
import type { Insertion } from './trim';

export interface CompletionRequest {
  /** Which document: a URI. */
  readonly document: string;
  /** Workspace-relative. */
  readonly path: string;
  /** VS Code language id. */
  readonly language: string;
  /** Document text on each side of the cursor, line breaks as `\n`; the suggest widget's choice counts as typed. */
  readonly before: string;
  readonly after: string;
  /** The beginning of the document, where `before` does not reach so far. */
  readonly head?: string;
  /** Characters from the start of the document to the cursor, those of a choice not yet taken included. */
  readonly offset: number;
  /** True when `before` and `after` reach to the ends of the document. */
  readonly whole: boolean;
  /** Asked for by a command, not by typing. */
  readonly manual: boolean;
}

export interface Completion {
  /** Names this suggestion in feedback; the same one while it is typed over. */
  readonly id: string;
  readonly decisionId: string;
  /** Candidate id. */
  readonly model: string;
  readonly insertion: Insertion;
  /** Characters of it that were typed already. */
  readonly typed: number;
  readonly from: 'cache' | 'model';
  /** How sure the model was; undefined where its server does not tell. */
  readonly sureness?: Sureness | undefined;
  /** Resolves true when more of the same suggestion has come since. */
  readonly more?: Promise<boolean>;
}

export type SkipReason =
  | 'nothing_to_go_on' // too little stands before the cursor
  | 'inside_word'
  | 'long_line'
  | 'unwanted' // the user said so before
  | 'filtered' // the show filter expects a rejection
  | 'nothing_useful' // the model's answer left nothing after trimming
  | 'no_model'
  | 'failed'
  | 'superseded';

export interface Skipped {
  readonly skipped: SkipReason;
  /** In words for the user, where there is more to say. */
  readonly detail?: string;
}

export function isSkipped(outcome: Completion | Skipped): outcome is Skipped {
  return 'skipped' in outcome;
}
