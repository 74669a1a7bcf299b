// The child process: takes calls, beats so that the parent knows it lives, stops between chunks when a call is
// cancelled. Everything native happens here. Classifying calls run one after another; answers are written at once.
import { abortError, isAbort, throwIfAborted } from '../../shared/abort';
import { messageOf, RouterError } from '../../shared/errors';
import { unlessAborted } from './give-up';
import { choose, prefill } from './host-choose';
import { createModelShelf, type Loaded, type ModelShelf } from './host-llama';
import { createLoader } from './host-load';
import { createWriters, type Ongoing, type WriteCall, type Writers } from './host-write';
import { createWriterShelf, type WriterShelf } from './host-writers';
import type { FromHost, HostCall, HostOptions, HostResults, ToHost } from './protocol';

const BEAT_MS = 500;

function send(message: FromHost): void {
  process.send?.(message);
}

type Result = HostResults[keyof HostResults];
type ReadCall = Exclude<HostCall, WriteCall>;

interface Running {
  readonly controller: AbortController;
  /** Set for an answer that is being written. */
  readonly ongoing: Ongoing | undefined;
}

interface Session {
  readonly options: HostOptions;
  readonly shelf: ModelShelf;
  readonly writerShelf: WriterShelf;
  readonly writers: Writers;
  readonly running: Map<number, Running>;
  /** Classifying calls run one after another: their contexts are not made for two at once. */
  queue: Promise<unknown>;
}

let session: Session | undefined;

process.on('message', (message: ToHost) => {
  if (message.type === 'start') {
    session = open(message.options);
  } else if (message.type === 'exit') {
    process.exit(0);
  } else if (session) {
    hear(session, message);
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

function hear(current: Session, message: Exclude<ToHost, { type: 'start' | 'exit' }>): void {
  if (message.type === 'call') accept(current, message.id, message.call);
  else if (message.type === 'cancel') current.running.get(message.id)?.controller.abort();
  else current.running.get(message.id)?.ongoing?.taken(message.pieces);
}

function open(options: HostOptions): Session {
  const loader = createLoader(options, {
    loading: (path, sha256, bytes) => send({ type: 'loading', path, sha256, bytes }),
    loaded: () => send({ type: 'loaded' }),
  });
  // Starting the native side may take seconds, in which nothing else is heard.
  void loader.opened.then(() => send({ type: 'ready' }));
  const writerShelf = createWriterShelf(options, loader);
  const writers = createWriters(writerShelf);
  return { options, shelf: createModelShelf(options, loader), writerShelf, writers, running: new Map(), queue: Promise.resolve() };
}

function accept(current: Session, id: number, call: HostCall): void {
  const controller = new AbortController();
  const { signal } = controller;
  if (call.op === 'chat' || call.op === 'fill') {
    const ongoing = current.writers.write(call, (piece) => send({ type: 'piece', id, piece }), signal);
    current.running.set(id, { controller, ongoing });
    void answer(current, id, ongoing.end);
  } else {
    current.running.set(id, { controller, ongoing: undefined });
    void answer(current, id, read(current, call, signal));
  }
}

async function answer({ running }: Session, id: number, result: Promise<Result>): Promise<void> {
  try {
    send({ type: 'done', id, result: await result });
  } catch (error) {
    const code = isAbort(error) ? 'aborted' : RouterError.is(error) ? error.code : 'runtime';
    send({ type: 'failed', id, code, message: messageOf(error) });
  } finally {
    running.delete(id);
  }
}

/** A call that waits for its turn or its file can be given back at once; one that computes stops by itself. */
async function read(current: Session, call: ReadCall, signal: AbortSignal): Promise<Result> {
  if (call.model.use === 'writing') return ask(current, call, signal);
  const before = current.queue;
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  current.queue = Promise.all([before, left]);
  try {
    await unlessAborted(before, signal);
    const loaded = await unlessAborted(current.shelf.get(call.model), signal);
    return await perform(loaded, call, { options: current.options, signal });
  } finally {
    leave();
  }
}

function ask({ writerShelf }: Session, call: ReadCall, signal: AbortSignal): Promise<Result> {
  return writerShelf.use(call.model.path, signal, ({ facts, model }): Promise<Result> => {
    if (call.op === 'facts') return Promise.resolve(facts);
    if (call.op === 'count') return Promise.resolve(model.tokenize(call.text, false).length);
    throw new RouterError('unsupported', 'The model was opened for writing.');
  });
}

interface Circumstances {
  readonly options: HostOptions;
  readonly signal: AbortSignal;
}

function perform(
  loaded: Loaded,
  call: ReadCall,
  { options, signal }: Circumstances,
): Promise<Result> | Result {
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
