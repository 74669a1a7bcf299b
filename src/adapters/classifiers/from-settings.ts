// The classifiers that the settings ask for, best first. The lexical one is always last: routing never fails.
import { createLexicalClassifier } from '../../router/lexical';
import { detectDialect, dialectOf } from '../../router/dialects/pick';
import type { Classifier, Clock } from '../../router/ports';
import type { ClassifierSettings } from '../../settings/settings';
import type { Log } from '../../shared/log';
import type { LlamaRuntime } from '../llama/runtime';
import { localityOf } from '../locality';
import { createEmbeddedClassifier } from './embedded';
import { createGgufClassifier } from './gguf-file';
import { createPlanoClassifier } from './plano';
import { createRemoteClassifier } from './remote';

export interface ClassifierDeps {
  readonly runtime: LlamaRuntime;
  /** Folder of the router model that ships with Fairlead. */
  readonly routerFolder: string;
  readonly key: (baseUrl: string) => Promise<string | undefined>;
  readonly clock: Clock;
  /** File that keeps the vectors of the routes of this workspace. */
  readonly routeVectors?: { readonly path: string; readonly log: Log };
}

/** Answers the same list until the settings change, so that what a classifier has cached is kept. */
export function classifiersFrom(deps: ClassifierDeps): (settings: ClassifierSettings) => readonly Classifier[] {
  const lexical = createLexicalClassifier(deps.clock);
  let known: { readonly key: string; readonly classifiers: readonly Classifier[] } | undefined;
  return (settings) => {
    const key = JSON.stringify(settings);
    if (known?.key !== key) known = { key, classifiers: [...build(settings, deps), lexical] };
    return known.classifiers;
  };
}

function build(settings: ClassifierSettings, deps: ClassifierDeps): Classifier[] {
  if (settings.use === 'lexical') return [];
  const { runtime, clock } = deps;
  const embedded = createEmbeddedClassifier({
    runtime,
    folder: deps.routerFolder,
    deadlineMs: settings.deadlineMs,
    clock,
    ...(deps.routeVectors ? { routeVectors: deps.routeVectors } : {}),
  });
  if (settings.use === 'embedded') return [embedded];
  const remote = settings.use === 'gguf' ? [] : remoteOf(settings, deps);
  const file = settings.file === '' ? [] : [fileOf(settings, deps, embedded)];
  return [...remote, ...file, embedded];
}

function fileOf(settings: ClassifierSettings, { runtime, clock }: ClassifierDeps, first: Classifier): Classifier {
  const { file: path, dialect, decoderDeadlineMs: deadlineMs } = settings;
  return createGgufClassifier({ runtime, path, dialect, deadlineMs, clock, first });
}

function remoteOf(settings: ClassifierSettings, { key, clock }: ClassifierDeps): Classifier[] {
  const { endpoint, decoderDeadlineMs: deadlineMs } = settings;
  if (!endpoint) return [];
  const { kind, baseUrl, model } = endpoint;
  const locality = localityOf(baseUrl);
  if (kind === 'plano') return [{ ...createPlanoClassifier({ endpoint: baseUrl, model, key, deadlineMs, clock }), locality }];
  const dialect = dialectOf(settings.dialect === 'auto' ? detectDialect([model]) : settings.dialect);
  return [{ ...createRemoteClassifier({ endpoint: baseUrl, model, key, dialect, deadlineMs, clock }), locality }];
}
