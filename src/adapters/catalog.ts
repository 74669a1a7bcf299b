// The models that "Download a Local Model" offers, from models/catalog.json. Sizes and hashes there were read from
// the publishers' pages and agree with other public manifests; what could not be verified is null. What is known of
// models that servers offer stands in the same file: known-models.ts.
import * as z from 'zod';
import data from '../../models/catalog.json';

const licence = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  url: z.url({ protocol: /^https$/u }),
  /** True: shown and accepted before anything is downloaded. */
  restricted: z.boolean(),
  /** What it allows, in our words. */
  summary: z.string().min(1),
});

const model = z.strictObject({
  id: z.string().regex(/^[a-z0-9.-]+$/u),
  title: z.string().min(1),
  purpose: z.enum(['classifier', 'rerank', 'embedding', 'completion', 'chat']),
  /** What it is good for, one or two short sentences. */
  use: z.string().min(1),
  /** The form a classifier was trained on (src/router/dialects). */
  dialect: z.enum(['arch-router', 'plano', 'generic']).nullable(),
  fimFamily: z.string().nullable(),
  /** A file of a Hugging Face repository. Revisions are pinned where one is known. */
  source: z.strictObject({
    repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/u),
    revision: z.string().regex(/^(?:main|[0-9a-f]{40})$/u),
    file: z.string().regex(/^[\w.-]+\.gguf$/u),
  }),
  /** Exact length; a download of another length is refused. */
  bytes: z.int().positive().nullable(),
  /** Length as the publisher's page shows it, for people and for the disk check. */
  approxBytes: z.int().positive().nullable(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u).nullable(),
  licence: z.string(),
  contextTokens: z.int().positive().nullable(),
  /** Year and month. */
  releaseDate: z.string().regex(/^\d{4}-\d{2}$/u).nullable(),
});

const file = z.object({ licences: z.array(licence), models: z.array(model) });

export type Licence = z.infer<typeof licence>;
export interface CatalogModel extends Omit<z.infer<typeof model>, 'licence'> {
  readonly licence: Licence;
  /** Where its publisher tells about it. */
  readonly page: string;
}

export const HUGGING_FACE = 'https://huggingface.co';

/** Throws when the file that ships with the product is not what it should be. */
export function readCatalog(content: unknown = data): readonly CatalogModel[] {
  const { licences, models } = file.parse(content);
  const byId = new Map(licences.map((one) => [one.id, one]));
  return models.map((one) => {
    const own = byId.get(one.licence);
    if (!own) throw new Error(`models/catalog.json: ${one.id} names the unknown licence ${one.licence}`);
    return { ...one, licence: own, page: `${HUGGING_FACE}/${one.source.repo}` };
  });
}

/** Files of the catalogue that neither chat nor complete code. */
export function otherWork(catalog: readonly CatalogModel[]): string[] {
  return catalog.flatMap(({ purpose, source }) => (purpose === 'chat' || purpose === 'completion' ? [] : [source.file]));
}

/** Where the model is downloaded from: Hugging Face, or a mirror that keeps its paths. */
export function addressOf({ source }: Pick<CatalogModel, 'source'>, mirror: string | undefined): string {
  const base = (mirror ?? HUGGING_FACE).replace(/\/+$/u, '');
  return `${base}/${source.repo}/resolve/${source.revision}/${source.file}`;
}
