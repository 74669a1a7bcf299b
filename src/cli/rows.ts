// Reading the evaluation rows, routes and predictions that the batch commands work on.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { ClassifierRoute } from '../router/ports';
import { OTHER } from '../router/types';
import { messageOf, RouterError } from '../shared/errors';

const message = z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() });

export const evalRow = z.object({
  id: z.string(),
  messages: z.array(message).min(1),
  /** `turn` counts the user turns of the row, from 0. */
  labels: z.array(z.object({ turn: z.number().int().min(0), route: z.string() })),
  candidates: z.array(z.string()).min(1),
});
export type EvalRow = z.infer<typeof evalRow>;

export const prediction = z.object({
  id: z.string(),
  turn: z.number().int().min(0),
  route: z.string(),
  confidence: z.number().optional(),
  ms: z.number().optional(),
});
export type Prediction = z.infer<typeof prediction>;

const listedRoute = z.object({
  name: z.string(),
  description: z.string().default(''),
  examples: z.array(z.string()).default([]),
});

/** Pools of routes by name, or one list. */
const routesFile = z.union([
  z.record(z.string(), z.array(listedRoute)),
  z.array(listedRoute).transform((routes) => ({ routes })),
]);

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new RouterError('bad_file', `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

export function readJsonLines<T>(path: string, schema: z.ZodType<T>): T[] {
  const lines = readText(path).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = schema.safeParse(parseJson(line, `${path}, line ${index + 1}`));
    if (parsed.success) return [parsed.data];
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    throw new RouterError('bad_file', `${path}, line ${index + 1}: ${where}: ${issue?.message ?? 'not valid'}`);
  });
}

export function readJson(path: string): unknown {
  return parseJson(readText(path), path);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new RouterError('bad_file', `${where} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** Finds the descriptions of a row's candidates in the pools of a routes.json. */
export interface RouteBook {
  describe(candidates: readonly string[]): ClassifierRoute[];
}

export function readRouteBook(path: string): RouteBook {
  const parsed = routesFile.safeParse(readJson(path));
  if (!parsed.success) {
    throw new RouterError('bad_file', `${path} does not hold routes: ${parsed.error.issues[0]?.message ?? ''}`);
  }
  const pools = Object.values(parsed.data).map(
    (routes) => new Map(routes.map((route) => [route.name, route])),
  );
  return {
    describe: (candidates) => {
      // One name may stand in several pools: the pool that knows most of the row's candidates is asked first.
      const known = (pool: Map<string, ClassifierRoute>): number => candidates.filter((name) => pool.has(name)).length;
      const ordered = [...pools].sort((a, b) => known(b) - known(a));
      return candidates
        .filter((name) => name !== OTHER)
        .map((name) => findOne(ordered, name, path));
    },
  };
}

function findOne(pools: readonly Map<string, ClassifierRoute>[], name: string, path: string): ClassifierRoute {
  const found = pools.find((pool) => pool.has(name))?.get(name);
  if (!found) throw new RouterError('bad_file', `${path} has no route "${name}".`);
  return found;
}
