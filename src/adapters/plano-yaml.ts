// Routes to and from Plano's `routing_preferences` (top level since v0.4.0: name, description, ordered models).
// What the other side cannot hold is said, never dropped silently.
import { isMap, isSeq, LineCounter, parseDocument, stringify, type Node, type YAMLMap } from 'yaml';
import { OTHER } from '../router/types';
import { messageOf } from '../shared/errors';

export interface PlanoRoute {
  readonly name: string;
  readonly description: string;
  /** Plano's model names, such as `openai/gpt-4o`, most preferred first. */
  readonly models: readonly string[];
}

export interface PlanoProblem {
  /** From 1; 0 when it is about the whole. */
  readonly line: number;
  readonly message: string;
}

export interface PlanoImport {
  readonly routes: readonly PlanoRoute[];
  readonly problems: readonly PlanoProblem[];
}

/** Reads every route that can be read; each other one is a problem with its line. */
export function importPlano(text: string): PlanoImport {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const broken = document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, message }));
  if (broken.length > 0) return { routes: [], problems: broken };
  const reading = createReading(lines, (node) => node.toJS(document));
  const { contents } = document;
  if (!isMap(contents)) {
    reading.problem(contents, 'A Plano configuration with a list "routing_preferences" is expected.');
    return reading.result();
  }
  const list = contents.get('routing_preferences', true);
  if (list !== undefined) readList(list, reading);
  else readOldProviders(contents, reading);
  return reading.result();
}

interface Reading {
  problem(node: unknown, message: string): void;
  /** Adds a route; one of the same name gets the models. */
  add(route: PlanoRoute, node: unknown, merge: boolean): void;
  /** Plain value of a node, aliases followed. */
  plain(node: unknown): unknown;
  count(): number;
  result(): PlanoImport;
}

function createReading(lines: LineCounter, toPlain: (node: Node) => unknown): Reading {
  const routes = new Map<string, PlanoRoute>();
  const problems: PlanoProblem[] = [];
  const lineOf = (node: unknown): number => {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? 0 : lines.linePos(start).line;
  };
  const problem = (node: unknown, message: string): void => {
    problems.push({ line: lineOf(node), message });
  };
  return {
    problem,
    add: (route, node, merge) => {
      const known = routes.get(route.name);
      if (known && !merge) problem(node, `The route "${route.name}" is there twice; the first one counts.`);
      else if (known) routes.set(route.name, { ...known, models: [...new Set([...known.models, ...route.models])] });
      else routes.set(route.name, route);
    },
    plain: (node) => {
      if (!isNode(node)) return node;
      try {
        return toPlain(node);
      } catch (error) {
        problem(node, messageOf(error)); // Unknown or endless aliases.
        return undefined;
      }
    },
    count: () => routes.size,
    result: () => ({ routes: [...routes.values()], problems }),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'toJS' in value;
}

function readList(list: unknown, reading: Reading): void {
  if (!isSeq(list)) {
    reading.problem(list, '"routing_preferences" must be a list.');
    return;
  }
  for (const item of list.items) readRoute(item, reading);
}

/** One route as plain values, aliases and merges followed, with the node to point at. */
interface Entry {
  readonly node: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

function readRoute(node: unknown, reading: Reading, provider?: string): void {
  const fields = reading.plain(node);
  if (!isRecord(fields)) {
    reading.problem(node, 'A route must have "name" and "description".');
    return;
  }
  const entry: Entry = { node, fields };
  const name = textOf(entry, 'name', reading);
  const description = textOf(entry, 'description', reading);
  if (name === undefined || description === undefined) return;
  if (name === OTHER) {
    reading.problem(node, `"${OTHER}" is what no route fits; a route cannot be called so.`);
    return;
  }
  const models = provider === undefined ? modelsOf(entry, reading) : [provider];
  if (models === undefined) return;
  noteLosses(entry, reading);
  reading.add({ name, description, models }, node, provider !== undefined);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The node of a field, or the route itself when the field is not written there. */
function fieldNode({ node }: Entry, key: string): unknown {
  return (isMap(node) ? node.get(key, true) : undefined) ?? node;
}

function textOf(entry: Entry, key: string, reading: Reading): string | undefined {
  const value = entry.fields[key];
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  reading.problem(fieldNode(entry, key), value === undefined ? `"${key}" is missing.` : `"${key}" must be a text.`);
  return undefined;
}

function modelsOf(entry: Entry, reading: Reading): string[] | undefined {
  const value = entry.fields['models'];
  if (Array.isArray(value) && value.length > 0 && value.every((model) => typeof model === 'string' && model !== '')) {
    return value as string[];
  }
  const message = value === undefined ? '"models" is missing.' : '"models" must be a list of model names.';
  reading.problem(fieldNode(entry, 'models'), message);
  return undefined;
}

function noteLosses(entry: Entry, reading: Reading): void {
  for (const [key, value] of Object.entries(entry.fields)) {
    const lost = KNOWN_FIELDS.has(key) ? undefined : lostField(key, value);
    if (lost === undefined) continue;
    reading.problem(fieldNode(entry, key), `"${lost}" is not taken over; the models stay in the order of the list.`);
  }
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set(['name', 'description', 'models']);

function lostField(key: string, value: unknown): string | undefined {
  if (key !== 'selection_policy' || !isRecord(value)) return key;
  const { prefer } = value;
  return typeof prefer !== 'string' || prefer === 'none' || prefer === '' ? undefined : `selection_policy: ${prefer}`;
}

/** Up to v0.3.0 the routes stood under each provider; models of routes of one name add up. */
function readOldProviders(contents: YAMLMap, reading: Reading): void {
  for (const key of ['model_providers', 'llm_providers']) {
    const providers = contents.get(key, true);
    for (const provider of isSeq(providers) ? providers.items : []) {
      const routes = isMap(provider) ? provider.get('routing_preferences', true) : undefined;
      const model = isMap(provider) ? reading.plain(provider.get('model', true)) : undefined;
      if (!isSeq(routes) || typeof model !== 'string') continue;
      for (const item of routes.items) readRoute(item, reading, model);
    }
  }
  if (reading.count() === 0) reading.problem(contents, 'There is no "routing_preferences" in this file.');
}

export interface PlanoExport {
  readonly text: string;
  readonly problems: readonly string[];
}

export interface ExportedRoute extends PlanoRoute {
  readonly examples?: readonly string[];
}

/** `defaultModels` stand in for routes without models of their own: Plano wants at least one. */
export function exportPlano(routes: readonly ExportedRoute[], defaultModels: readonly string[] = []): PlanoExport {
  const problems: string[] = [];
  const preferences = routes.flatMap(({ name, description, models, examples = [] }) => {
    const listed = models.length > 0 ? models : defaultModels;
    if (listed.length === 0) {
      problems.push(`The route "${name}" is left out: it has no models, and Plano wants at least one.`);
      return [];
    }
    if (examples.length > 0) problems.push(`The examples of "${name}" are left out: Plano has none.`);
    return [{ name, description, models: [...listed] }];
  });
  return { text: stringify({ version: 'v0.4.0', routing_preferences: preferences }, { lineWidth: 100 }), problems };
}
