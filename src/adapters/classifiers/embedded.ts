// The classifier that ships with Fairlead: a small GGUF encoder in the child process, and the head that was
// fitted with it. Vectors of routes are kept, so that a request costs one to three embeddings.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Classifier, ClassifierInput, Clock } from '../../router/ports';
import { routerManifest, type RouterManifest } from '../../router/embedded/manifest';
import { embeddedDistribution, project, readProjection, type Projection } from '../../router/embedded/score';
import { prepareAssistant, prepareRequest, routeTexts, type Pieces, type RouteTexts } from '../../router/embedded/texts';
import type { Classification } from '../../router/types';
import { messageOf, RouterError } from '../../shared/errors';
import type { LlamaRuntime, ModelSpec } from '../llama/runtime';

export const EMBEDDED_ID = 'embedded';

/** Texts whose vectors are kept: some hundred routes with examples, and the last turns of conversations. */
const KEPT_VECTORS = 4000;

export interface EmbeddedDeps {
  readonly runtime: LlamaRuntime;
  /** Folder with manifest.json and the files it names. */
  readonly folder: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

interface Model {
  readonly manifest: RouterManifest;
  readonly projection: Projection;
  readonly spec: ModelSpec;
}

export function createEmbeddedClassifier(deps: EmbeddedDeps): Classifier {
  const vectors = new LRUCache<string, Float32Array>({ max: KEPT_VECTORS });
  let model: Promise<Model> | undefined;
  const open = (): Promise<Model> => {
    model ??= readModel(deps.folder);
    model.catch(() => (model = undefined));
    return model;
  };
  const embed = async (texts: readonly string[], signal: AbortSignal): Promise<void> => {
    const { spec, projection } = await open();
    const missing = [...new Set(texts)].filter((text) => !vectors.has(text));
    if (missing.length === 0) return;
    const pooled = await deps.runtime.embed(spec, missing.map((text) => text || '-'), signal);
    missing.forEach((text, index) => {
      vectors.set(text, project(pooled[index] ?? new Float32Array(projection.columns), projection));
    });
  };
  return {
    id: EMBEDDED_ID,
    deadlineMs: deps.deadlineMs,
    classify: async (input, signal) => classify(input, { open, embed, vectors, clock: deps.clock }, signal),
    warm: (routes) => {
      // A failed warm-up shows itself again, with its reason, at the first request.
      embed(routes.flatMap((route) => textsOf(routeTexts(route))), never).catch(() => undefined);
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
  const pieces = piecesOf(input);
  const routes = input.routes.map(routeTexts);
  await tools.embed([...routes.flatMap(textsOf), pieces.last, pieces.previous, pieces.assistant], signal);
  const { manifest } = await tools.open();
  const vectors = (text: string): Float32Array => {
    const vector = tools.vectors.get(text);
    if (!vector) throw new RouterError('runtime', 'A text has no vector; there are more routes than vectors are kept.');
    return vector;
  };
  const distribution = embeddedDistribution({ pieces, routes, vectors }, manifest.scoring);
  const { thresholds } = manifest;
  return { classifier: EMBEDDED_ID, distribution, ms: tools.clock.now() - start, thresholds };
}

export function piecesOf(input: Omit<ClassifierInput, 'routes'>): Pieces {
  return {
    last: prepareRequest(input.text),
    previous: input.previousUser === undefined ? '' : prepareRequest(input.previousUser),
    assistant: input.previousAssistant === undefined ? '' : prepareAssistant(input.previousAssistant),
    previousRoute: input.previousRoute ?? '',
  };
}

const textsOf = (route: RouteTexts): string[] => [route.description, route.nameText, route.both, ...route.examples];

async function readModel(folder: string): Promise<Model> {
  try {
    const manifest = routerManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    const { file, rows, columns } = manifest.projection;
    const projection = readProjection(await readFile(join(folder, file)), rows, columns);
    const spec: ModelSpec = {
      path: join(folder, manifest.file),
      use: 'embedding',
      contextTokens: manifest.limits.contextTokens,
    };
    return { manifest, projection, spec };
  } catch (error) {
    throw new RouterError('bad_file', `The router model cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

