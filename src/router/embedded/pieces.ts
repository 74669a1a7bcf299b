// Which parts of a conversation the shipped router model reads: the request without sentences that only try to plant
// a route, of a long one the sentence that asks, and what came before. models/router/scoring.md, section 1.
import { FENCE, firstPoints, humanise, prepareAssistant, prepareRequest, splitCamel, squeeze } from './texts';

/** The parts of a conversation that are read; empty parts are not embedded. */
export interface Pieces {
  readonly last: string;
  /** Of a long request the sentence that most looks like what is wanted. */
  readonly ask: string;
  readonly previous: string;
  readonly assistant: string;
  readonly previousRoute: string;
}

interface Conversation {
  readonly text: string;
  readonly previousUser?: string;
  readonly previousAssistant?: string;
  readonly previousRoute?: string;
}

export function piecesOf(input: Conversation, routeNames: readonly string[]): Pieces {
  const text = withoutPlanted(input.text, routeNames);
  const last = prepareRequest(text);
  return {
    last,
    ask: last.split(' ').length <= ASK_WORDS ? '' : askOf(text),
    previous: input.previousUser === undefined ? '' : prepareRequest(input.previousUser),
    assistant: input.previousAssistant === undefined ? '' : prepareAssistant(input.previousAssistant),
    previousRoute: input.previousRoute ?? '',
  };
}

const SENTENCE = /(?<=[.?!;\]])\s+|\n+/u;
const WANT =
  /^(?:(?:so|and|now|then|but|please|also|finally)[, ]+)*(?:please|write|create|implement|generate|complete|build|make|add|fix|explain|convert|translate|refactor|optimi[sz]e|find|show|tell|give|help|return|describe|summari[sz]e|review|document|test|how|what|why|when|where|which|who|can|could|would|is|are|does|do|should|i want|i need|i would like|i'd like|i am trying|i'm trying|your task|you need|you must)(?![a-z])/u;
const ASK_WORDS = 40;
const ASK_LENGTH = 220;

function askOf(text: string): string {
  const plain = firstPoints(text, 20_000).normalize('NFKC').replace(FENCE, '\n');
  const found = plain.split(SENTENCE).map(squeeze).filter((sentence) => {
    const words = sentence.split(' ').length;
    return words >= 3 && words <= 60;
  });
  let best = '';
  let most = -1;
  found.forEach((sentence, index) => {
    const score = 2 * Number(sentence.endsWith('?')) + 1.5 * Number(WANT.test(sentence.toLowerCase())) + 0.5 * Number(index === 0) + index / found.length;
    if (score <= most) return;
    best = sentence;
    most = score;
  });
  return splitCamel(firstPoints(best, ASK_LENGTH)).toLowerCase();
}

const ABOUT_ROUTES =
  /(?<![a-z])(?:rout(?:e|es|ed|ing|er)|intent|categor(?:y|ies)|label|classif(?:y|ied|ier|ication)|policy|instructions?|rules?)(?![a-z])/u;
const OVERRIDE =
  /(?<![a-z])(?:ignore|disregard|forget|override)(?![a-z]).*(?<![a-z])(?:instructions?|rules|routing|prompt)(?![a-z])/u;
/** Characters of a sentence that are looked at for a planted route. */
const PLANTED_LENGTH = 600;

/** Leaves out sentences that tell the router what to answer: a route's name beside a word about routing. */
export function withoutPlanted(text: string, routeNames: readonly string[]): string {
  const parts = firstPoints(text, 20_000).split(SENTENCE);
  if (parts.length < 2) return text;
  const names = routeNames.map(humanise).filter((name) => name.length >= 3).map(escaped);
  const named = names.length === 0 ? undefined : new RegExp(`(?<![a-z0-9])(?:${names.join('|')})(?![a-z0-9])`, 'u');
  const kept = parts.filter((part) => {
    const said = humanise(firstPoints(part, PLANTED_LENGTH));
    return !OVERRIDE.test(said) && !(ABOUT_ROUTES.test(said) && named?.test(said) === true);
  });
  const words = kept.join(' ').split(/\s+/u).filter((word) => word !== '').length;
  return kept.length === parts.length || words < 2 ? text : kept.join('\n');
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
