// Routes the labelled turns of evaluation rows, as a user's conversation would be routed: in order, each turn
// seeing the messages so far and the router's own earlier decisions of that conversation.
import { createConversationMemory } from '../router/memory';
import type { Classifier, ClassifierRoute, Clock } from '../router/ports';
import { createRouter, type Router } from '../router/route';
import { OTHER, type Route, type RouteRequest, type Turn } from '../router/types';
import type { EvalRow, Prediction, RouteBook } from './rows';

export interface BatchOptions {
  /** Replace route names by R1, R2 ...: shows that descriptions are read. */
  readonly opaque: boolean;
  /** Reorder the candidates of each row by this seed. */
  readonly shuffle?: number;
}

export interface BatchDeps {
  readonly classifiers: readonly Classifier[];
  readonly book: RouteBook;
  readonly clock: Clock;
}

export async function routeRows(
  rows: readonly EvalRow[],
  deps: BatchDeps,
  options: BatchOptions,
  onPrediction: (prediction: Prediction) => void = () => undefined,
): Promise<Prediction[]> {
  const router = createRouter({
    classifiers: () => deps.classifiers,
    memory: createConversationMemory(),
    clock: deps.clock,
    sink: () => undefined,
  });
  const predictions: Prediction[] = [];
  for (const [index, row] of rows.entries()) {
    const routes = prepareRoutes(deps.book.describe(row.candidates), options, index);
    for (const prediction of await routeRow(router, row, routes, index)) {
      predictions.push(prediction);
      onPrediction(prediction);
    }
  }
  return predictions;
}

interface PreparedRoutes {
  readonly offered: readonly Route[];
  /** Offered name -> the row's own name. */
  readonly original: ReadonlyMap<string, string>;
}

function prepareRoutes(routes: readonly ClassifierRoute[], options: BatchOptions, index: number): PreparedRoutes {
  const ordered = options.shuffle === undefined ? routes : shuffled(routes, options.shuffle + index * 7919);
  const named = ordered.map((route, place) => ({
    name: options.opaque ? `R${place + 1}` : route.name,
    original: route.name,
    description: route.description,
    examples: route.examples,
  }));
  return {
    offered: named.map(({ name, description, examples }) => ({
      name,
      description,
      examples,
      models: [],
      origin: 'user' as const,
    })),
    original: new Map(named.map(({ name, original }) => [name, original])),
  };
}

async function routeRow(router: Router, row: EvalRow, routes: PreparedRoutes, index: number): Promise<Prediction[]> {
  const found: Prediction[] = [];
  const policy = { routes: routes.offered, candidates: [], rules: [], defaultModels: [], matches: () => false };
  for (const { turn } of [...row.labels].sort((a, b) => a.turn - b.turn)) {
    const request = requestFor(row, turn, index);
    const start = performance.now();
    const decision = await router.route(request, policy, new AbortController().signal);
    const ms = performance.now() - start;
    const route = decision.route === undefined ? OTHER : (routes.original.get(decision.route) ?? OTHER);
    found.push({ id: row.id, turn, route, confidence: decision.probability ?? 0, ms });
  }
  return found;
}

function requestFor(row: EvalRow, turn: number, index: number): RouteRequest {
  return {
    id: `${row.id}#${turn}`,
    surface: 'cli',
    turns: messagesUpTo(row, turn),
    conversation: `${index}:${row.id}`,
    inputTokens: 0,
    needs: [],
    paths: [],
    languages: [],
  };
}

function messagesUpTo(row: EvalRow, turn: number): Turn[] {
  const turns: Turn[] = [];
  let seen = -1;
  for (const { role, content } of row.messages) {
    if (role === 'user') seen += 1;
    if (seen > turn || (seen === turn && role !== 'user')) break;
    turns.push({ role, text: content });
  }
  return turns;
}

/** Fisher-Yates with mulberry32, so that a seed gives the same order everywhere. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  const random = mulberry32(seed);
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const held = result[index] as T;
    result[index] = result[other] as T;
    result[other] = held;
  }
  return result;
}

export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
