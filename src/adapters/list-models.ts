// The names of the models that a server the user names has. Unlike discovery it says why it could not tell.
import { withDeadline } from '../shared/abort';
import { RouterError } from '../shared/errors';
import { hostOf } from './locality';
import { modelList, type ProbeDeps } from './probe';
import { createWire } from './wire';

const LIST_MS = 10_000;

/** Rejects with RouterError, with `unauthorized` or `no_key` when a key is missing. */
export async function listModels(deps: ProbeDeps, baseUrl: string, signal: AbortSignal): Promise<readonly string[]> {
  const base = baseUrl.replace(/\/+$/u, '');
  const wire = createWire({ endpoint: baseUrl, key: await deps.key(baseUrl), fetch: deps.fetch });
  try {
    return await withDeadline(LIST_MS, signal, async (inner) => {
      // Anthropic lists nothing without its version; other servers do not mind.
      const headers = { 'anthropic-version': '2026-10-21' };
      const ask = async (url: string): Promise<unknown> => (await wire.fetch(url, { headers, signal: inner })).json();
      // The address may be meant with or without /v1.
      const answer = await ask(`${base}/models`).catch((error: unknown) => {
        if (RouterError.is(wire.explain(error), 'not_found')) return ask(`${base}/v1/models`);
        throw error;
      });
      return namesIn(answer, baseUrl);
    });
  } catch (error) {
    throw wire.explain(error);
  }
}

function namesIn(answer: unknown, baseUrl: string): string[] {
  const listed = modelList.safeParse(answer).data?.data.map(({ id }) => id);
  if (!listed) throw new RouterError('malformed', `${hostOf(baseUrl)} did not answer with a list of models.`);
  return listed;
}
