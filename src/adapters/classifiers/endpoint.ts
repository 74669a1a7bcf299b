// One JSON request to a classifier's server and its answer, under a deadline of its own: the ladder does not end a
// late call, since its answer may still serve the conversation's next turn.
import * as z from 'zod';
import { isAbort, withDeadline } from '../../shared/abort';
import { RouterError } from '../../shared/errors';
import { reportedError } from '../errors';
import { hostOf } from '../locality';
import { createWire } from '../wire';

export interface EndpointDeps {
  /** Base address from the user's own settings. */
  readonly endpoint: string;
  readonly model: string;
  /** The key stored for the host of this base address; it is sent to that host only. */
  readonly key: (baseUrl: string) => Promise<string | undefined>;
  readonly fetch?: typeof fetch;
  /** Milliseconds after which a call is given up; 10,000 when left out. */
  readonly giveUpMs?: number;
}

const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const GIVE_UP_MS = 10_000;

export async function askEndpoint<T>(
  deps: EndpointDeps,
  request: { readonly url: string; readonly body: object; readonly schema: z.ZodType<T> },
  signal: AbortSignal,
): Promise<T> {
  const { endpoint, model } = deps;
  const wire = createWire({ endpoint, model, key: await deps.key(endpoint), fetch: deps.fetch, maxBytes: MAX_ANSWER_BYTES });
  try {
    return await withDeadline(deps.giveUpMs ?? GIVE_UP_MS, signal, async (inner) => {
      const response = await wire.fetch(request.url, { method: 'POST', body: JSON.stringify(request.body), signal: inner });
      return readBody(await response.json(), request.schema, endpoint);
    });
  } catch (error) {
    if (isAbort(error) || RouterError.is(error)) throw error;
    throw wire.explain(error);
  }
}

function readBody<T>(body: unknown, schema: z.ZodType<T>, endpoint: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const report: unknown = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  if (report !== undefined && report !== null) throw reportedError(report, { endpoint });
  throw new RouterError('malformed', `${hostOf(endpoint)} answered in a form that could not be read: ${z.prettifyError(parsed.error)}`);
}
