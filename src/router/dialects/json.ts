// JSON as the prompts of these models have it: Python's spacing, no escapes beyond what JSON needs. Text of the
// conversation cannot close a block or forge a chat token: both are written with an escape that means the same.
import type { ClassifierRoute } from '../ports';

/** Characters of a description that are read; longer ones say nothing more about a kind of work. */
const DESCRIPTION_CHARS = 800;

export interface SpokenTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export function jsonText(text: string): string {
  return guard(JSON.stringify(text));
}

/** `{"name": …, "description": …}` with more fields at the end, given as JSON. */
export function jsonRoute({ name, description }: ClassifierRoute, more = ''): string {
  return `{"name": ${jsonText(name)}, "description": ${jsonText(description.slice(0, DESCRIPTION_CHARS))}${more}}`;
}

/** One line, as Python's json.dumps writes it. */
export function jsonTurns(turns: readonly SpokenTurn[]): string {
  const written = turns.map(({ role, content }) => `{"role": "${role}", "content": ${jsonText(content)}}`);
  return `[${written.join(', ')}]`;
}

/** As json.dumps(…, indent=4) writes it. */
export function prettyJsonTurns(turns: readonly SpokenTurn[]): string {
  return guard(JSON.stringify(turns, undefined, 4));
}

function guard(json: string): string {
  return json.replace(/<\/(?=routes>|conversation>)/giu, '<\\/').replaceAll('<|', '\\u003c|');
}
