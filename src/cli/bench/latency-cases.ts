// What the latency benchmark asks: route sets of a given size, requests of about so many tokens, never the same twice.
import { archRouter } from '../../router/dialects/arch-router';
import type { ClassifierRoute } from '../../router/ports';

export const ROUTE_COUNTS = [5, 10, 20] as const;
export const TOKEN_COUNTS = [30, 300, 2000] as const;

/** Names that differ in their first letter, as most names do in their first token of a real vocabulary. */
const ACTIONS = [
  ['api_usage', 'calling libraries and web services, and reading their answers'],
  ['bug_fixing', 'finding and fixing errors, crashes and failing tests in existing code'],
  ['code_generation', 'writing new functions, classes and scripts from a description'],
  ['documentation', 'comments, docstrings, readme files and changelogs'],
  ['explanation', 'explaining what code, errors or concepts mean'],
  ['frontend', 'styles, layout and components of web pages'],
  ['git_history', 'commits, branches, merges and conflicts'],
  ['hardware', 'drivers, firmware, registers and boards'],
  ['infrastructure', 'containers, pipelines, servers and deployment'],
  ['json_formats', 'schemas, serialisation and conversion of data formats'],
  ['logging', 'logs, traces, metrics and alerts'],
  ['machine_learning', 'training, evaluating and serving models'],
  ['networking', 'sockets, protocols, proxies and certificates'],
  ['performance', 'making slow code faster and using less memory'],
  ['queries', 'queries, joins, schemas and migrations of databases'],
  ['refactoring', 'renaming, moving and simplifying code without changing what it does'],
  ['security', 'vulnerabilities, secrets, permissions and encryption'],
  ['testing', 'writing unit tests, mocks and test data'],
  ['user_interface', 'menus, dialogs, shortcuts and accessibility'],
  ['writing', 'emails, messages, issues and release notes'],
] as const;

/** `variant` makes a set that no cache has seen: every description differs. */
export function routeSet(count: number, variant: number): ClassifierRoute[] {
  return ACTIONS.slice(0, count).map(([name, description]) => ({
    name,
    description: `set ${variant}: ${description}`,
    examples: [],
  }));
}

const WORDS = (
  'please look at this function it should return the list of orders but the loop stops early and the test for the ' +
  'second page fails with a timeout while the first one passes could the cursor be wrong or is the query missing an ' +
  'index on the customer table we changed the parser last week and since then the log shows a warning for each row'
).split(' ');

/** About `chars` characters of plain words that begin with a number of their own. */
export function requestText(chars: number, variant: number): string {
  let text = `request ${variant}`;
  for (let index = variant; text.length < chars; index += 1) text += ` ${WORDS[index % WORDS.length] ?? ''}`;
  return text;
}

/** What a decoder reads here, for the vocabulary of the generated one. */
export function sampleText(): string {
  const { templateSystem = '', user, answerStart, choices } = archRouter().prompt({ text: requestText(1000, 1), routes: routeSet(20, 0) });
  return [templateSystem, user, ...choices.map(({ text }) => answerStart + text)].join('\n');
}
