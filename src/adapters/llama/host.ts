// The child process: takes calls one after another, beats so that the parent knows it lives, stops between
// chunks when a call is cancelled. Everything native happens here.
import { abortError, isAbort, throwIfAborted } from '../../shared/abort';
import { messageOf, RouterError } from '../../shared/errors';
import { choose, prefill } from './host-choose';
import { createModelShelf, type Loaded, type LoadEvents, type ModelShelf } from './host-llama';
import type { FromHost, HostCall, HostOptions, HostResults, ToHost } from './protocol';

const BEAT_MS = 500;

function send(message: FromHost): void {
  process.send?.(message);
}

interface Session {
  readonly options: HostOptions;
  readonly shelf: ModelShelf;
  readonly running: Map<number, AbortController>;
  /** Calls run one after another: the native side is not made for two at once. */
  queue: Promise<void>;
}

let session: Session | undefined;

process.on('message', (message: ToHost) => {
  if (message.type === 'start') {
    session = {
      options: message.options,
      shelf: createModelShelf(message.options),
      running: new Map(),
      queue: Promise.resolve(),
    };
    send({ type: 'ready' });
  } else if (message.type === 'exit') {
    process.exit(0);
  } else if (session && message.type === 'call') {
    accept(session, message.id, message.call);
  } else if (message.type === 'cancel') {
    session?.running.get(message.id)?.abort();
  }
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => {
  // Disposing during an evaluation rejects where nobody waits; the parent has already given up on that call.
  process.stderr.write(`unhandled: ${messageOf(error)}\n`);
});
setInterval(() => {
  send({ type: 'beat', rssBytes: process.memoryUsage.rss() });
}, BEAT_MS).unref();

function accept(current: Session, id: number, call: HostCall): void {
  const controller = new AbortController();
  current.running.set(id, controller);
  current.queue = current.queue.then(() => answer(current, { id, call }, controller.signal));
}

async function answer(
  current: Session,
  { id, call }: { readonly id: number; readonly call: HostCall },
  signal: AbortSignal,
): Promise<void> {
  try {
    throwIfAborted(signal);
    const events: LoadEvents = {
      loading: (path, sha256) => {
        send({ type: 'loading', id, path, sha256 });
      },
      loaded: () => {
        send({ type: 'loaded', id });
      },
    };
    const loaded = await current.shelf.get(call.model, events);
    throwIfAborted(signal);
    send({ type: 'done', id, result: await perform(loaded, call, { options: current.options, signal }) });
  } catch (error) {
    const code = isAbort(error) ? 'aborted' : RouterError.is(error) ? error.code : 'runtime';
    send({ type: 'failed', id, code, message: messageOf(error) });
  } finally {
    current.running.delete(id);
  }
}

interface Circumstances {
  readonly options: HostOptions;
  readonly signal: AbortSignal;
}

function perform(
  loaded: Loaded,
  call: HostCall,
  { options, signal }: Circumstances,
): Promise<HostResults[keyof HostResults]> | HostResults[keyof HostResults] {
  switch (call.op) {
    case 'facts':
      return loaded.facts;
    case 'count':
      return loaded.model.tokenize(call.text, false).length;
    case 'embed':
      return embed(loaded, call.texts, signal);
    case 'rank':
      return rank(loaded, call, signal);
    case 'choose':
      return choose(loaded, call.request, options, signal);
    case 'prefill':
      return prefill(loaded, call.request, options, signal);
  }
}

async function embed(loaded: Loaded, texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
  const { embedding, model } = loaded;
  if (!embedding) throw new RouterError('unsupported', 'The model was not opened for embeddings.');
  const room = Math.min(loaded.spec.contextTokens ?? model.trainContextSize, model.trainContextSize) - 8;
  const vectors: Float32Array[] = [];
  for (const text of texts) {
    if (signal.aborted) throw abortError(signal);
    const tokens = model.tokenize(text, false);
    const kept = tokens.length <= room ? tokens : [...tokens.slice(0, Math.ceil((room * 2) / 3)), ...tokens.slice(-Math.floor(room / 3))];
    // An empty input has no vector of its own; a zero vector is similar to nothing.
    if (kept.length === 0) vectors.push(new Float32Array(model.embeddingVectorSize));
    else vectors.push(Float32Array.from((await embedding.getEmbeddingFor(kept)).vector));
  }
  return vectors;
}

async function rank(
  { ranking }: Loaded,
  { query, documents }: Extract<HostCall, { op: 'rank' }>,
  signal: AbortSignal,
): Promise<number[]> {
  if (!ranking) throw new RouterError('unsupported', 'The model was not opened for ranking.');
  const scores: number[] = [];
  for (const document of documents) {
    throwIfAborted(signal);
    scores.push(await ranking.rank(query, document));
  }
  return scores;
}
