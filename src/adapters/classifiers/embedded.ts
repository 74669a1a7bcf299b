// The classifier that ships with Fairlead: a small GGUF encoder in the child process, and the head that was
// fitted with it. Vectors of routes are kept, so that a request costs one to three embeddings.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Classifier, ClassifierInput, ClassifierRoute, Clock } from '../../router/ports';
import { readBank, type Bank } from '../../router/embedded/bank';
import { followExamples } from '../../router/embedded/examples';
import { routerManifest, type RouterManifest } from '../../router/embedded/manifest';
import { embeddedDistribution, project, readProjection, type Projection } from '../../router/embedded/score';
import { piecesOf } from '../../router/embedded/pieces';
import { routeTexts, type RouteTexts } from '../../router/embedded/texts';
import { readWords, type Words } from '../../router/embedded/words';
import type { Classification } from '../../router/types';
import { messageOf, RouterError } from '../../shared/errors';
import type { Log } from '../../shared/log';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';
import { openRouteVectors, type RouteVectors } from './route-vectors';

export const EMBEDDED_ID = 'embedded';

/** Texts whose vectors are kept: some hundred routes with examples, and the last turns of conversations. */
const KEPT_VECTORS = 4000;

export interface EmbeddedDeps {
  readonly runtime: LlamaRuntime;
  /** Folder with manifest.json and the files it names. */
  readonly folder: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** File that keeps the vectors of routes from session to session; not kept when left out. */
  readonly routeVectors?: { readonly path: string; readonly log: Log };
}

interface Model {
  readonly manifest: RouterManifest;
  readonly projection: Projection;
  readonly bank: Bank;
  readonly words: Words;
  readonly spec: ModelSpec;
  readonly routeVectors: RouteVectors | undefined;
}

export function createEmbeddedClassifier(deps: EmbeddedDeps): Classifier {
  const vectors = new LRUCache<string, Float32Array>({ max: KEPT_VECTORS });
  let model: Promise<Model> | undefined;
  const open = (): Promise<Model> => {
    model ??= readModel(deps);
    model.catch(() => (model = undefined));
    return model;
  };
  const embed = async (texts: readonly string[], signal: AbortSignal): Promise<void> => {
    const { spec, projection, routeVectors } = await open();
    const missing = [...new Set(texts)].filter((text) => {
      if (vectors.has(text)) return false;
      const kept = routeVectors?.get(text);
      if (kept) vectors.set(text, kept);
      return !kept;
    });
    if (missing.length === 0) return;
    const pooled = await deps.runtime.embed(spec, missing.map((text) => text || '-'), signal);
    missing.forEach((text, index) => {
      vectors.set(text, project(pooled[index] ?? new Float32Array(projection.columns), projection));
    });
  };
  let keptFor: readonly ClassifierRoute[] | undefined;
  /** The routes in use are the ones whose vectors are worth keeping. */
  const keep = async (routes: readonly ClassifierRoute[]): Promise<void> => {
    if (routes === keptFor || !deps.routeVectors) return;
    keptFor = routes;
    const { routeVectors } = await open();
    const texts = [...new Set(routes.flatMap((route) => textsOf(routeTexts(route))))];
    routeVectors?.keep(new Map(texts.flatMap((text) => {
      const vector = vectors.get(text);
      return vector ? [[text, vector] as const] : [];
    })));
  };
  return {
    id: EMBEDDED_ID,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => {
      const classification = await classify(input, { open, embed, vectors, clock: deps.clock }, signal);
      await keep(input.routes);
      return classification;
    },
    warm: (routes) => {
      // A failed warm-up shows itself again, with its reason, at the first request.
      embed(routes.flatMap((route) => textsOf(routeTexts(route))), never).then(() => keep(routes)).catch(() => undefined);
    },
  };
}

const never = new AbortController().signal;

interface Tools {
  readonly open: () => Promise<Model>;
  readonly embed: (texts: readonly string[], signal: AbortSignal) => Promise<void>;
  readonly vectors: { get(text: string): Float32Array | undefined };
  readonly clock: Clock;
}

async function classify(input: ClassifierInput, tools: Tools, signal: AbortSignal): Promise<Classification> {
  const start = tools.clock.now();
  const routes = input.routes.map(routeTexts);
  const pieces = piecesOf(input, input.routes.map(({ name }) => name));
  const around = [pieces.ask, pieces.previous, pieces.assistant].filter((text) => text !== '');
  await tools.embed([...routes.flatMap(textsOf), pieces.last, ...around], signal);
  const { manifest, bank, words } = await tools.open();
  const vectors = (text: string): Float32Array => {
    const vector = tools.vectors.get(text);
    if (!vector) throw new RouterError('runtime', 'A text has no vector; there are more routes than vectors are kept.');
    return vector;
  };
  const scored = embeddedDistribution({ pieces, routes, vectors, bank, words }, manifest.scoring);
  const distribution = followExamples(scored, routes, pieces.last);
  const { thresholds } = manifest;
  return { classifier: EMBEDDED_ID, distribution, ms: tools.clock.now() - start, thresholds };
}

const textsOf = (route: RouteTexts): string[] => [route.description, route.nameText, route.both, ...route.examples];

async function readModel({ folder, routeVectors: kept }: EmbeddedDeps): Promise<Model> {
  try {
    const manifest = routerManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    const { file, rows, columns } = manifest.projection;
    const projection = readProjection(await readFile(join(folder, file)), rows, columns);
    const bank = readBank(await readFile(join(folder, manifest.bank.file)), { ...manifest.bank, dimensions: rows });
    const table = readWords(await readFile(join(folder, manifest.words.file)), manifest.words.columns);
    const spec: ModelSpec = {
      path: join(folder, manifest.file),
      use: 'embedding',
      contextTokens: manifest.limits.contextTokens,
    };
    const routeVectors = kept && (await openRouteVectors({ ...kept, model: manifest.sha256, dimensions: rows }));
    return { manifest, projection, bank, words: { table, heaviest: manifest.words.heaviest }, spec, routeVectors };
  } catch (error) {
    throw new RouterError('bad_file', `The router model cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

