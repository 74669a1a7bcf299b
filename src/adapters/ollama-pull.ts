// Has an Ollama server fetch a model, with its progress. The server does the work and keeps what it has when it is
// given up, so that the next time goes on from there.
import { RouterError } from '../shared/errors';
import { DEFAULT_DEADLINES, readWithin } from './deadlines';
import type { HttpBackendDeps } from './http-deps';
import { readJsonLines } from './json-lines';
import { hostOf } from './locality';
import { rootOf } from './probe';
import { createWire } from './wire';

export interface PullRequest {
  readonly baseUrl: string;
  /** As in `ollama pull`, such as `qwen2.5-coder:7b`. */
  readonly model: string;
}

export interface PullProgress {
  /** The server's words for what it does, such as `pulling manifest`. */
  readonly status: string;
  /** Of all the files that the server has named so far. */
  readonly bytes: number;
  readonly totalBytes: number;
}

interface PullLine {
  readonly status?: string;
  readonly digest?: string;
  readonly total?: number;
  readonly completed?: number;
  readonly error?: string;
}

/** Resolves when the model is there. Rejects with RouterError, or with an AbortError when given up. */
export async function pullOllamaModel(deps: HttpBackendDeps, { baseUrl, model }: PullRequest, hooks: { readonly onProgress: (progress: PullProgress) => void; readonly signal: AbortSignal }): Promise<void> {
  const root = rootOf(baseUrl);
  const wire = createWire({ endpoint: root, model, key: await deps.key(root), fetch: deps.fetch });
  async function* open(signal: AbortSignal): AsyncGenerator<PullLine, void, undefined> {
    const body = JSON.stringify({ model, stream: true });
    yield* readJsonLines<PullLine>(await wire.fetch(`${root}/api/pull`, { method: 'POST', body, signal }));
  }
  const files = new Map<string, { readonly total: number; readonly completed: number }>();
  let status = '';
  for await (const line of readWithin({ open, explain: wire.explain, deadlines: { ...DEFAULT_DEADLINES, ...deps.deadlines } }, hooks.signal)) {
    if (line.error !== undefined) throw new RouterError('not_found', `${hostOf(root)} could not get ${model}: ${line.error}`);
    status = line.status ?? status;
    if (line.digest !== undefined) files.set(line.digest, { total: line.total ?? 0, completed: line.completed ?? 0 });
    hooks.onProgress({ status, ...sumOf(files) });
  }
  if (status !== 'success') throw new RouterError('cut', `${hostOf(root)} stopped before it had all of ${model}. Try again: it goes on from there.`);
}

function sumOf(files: ReadonlyMap<string, { readonly total: number; readonly completed: number }>): Pick<PullProgress, 'bytes' | 'totalBytes'> {
  const all = [...files.values()];
  return { bytes: all.reduce((sum, { completed }) => sum + completed, 0), totalBytes: all.reduce((sum, { total }) => sum + total, 0) };
}
