// Loading GGUF files inside the child. Each file is identified by its hash and its header is looked at before any
// native code sees it. One file loads at a time, so that a crash has one cause.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type * as nodeLlamaCpp from 'node-llama-cpp';
import type { GgufFileInfo, Llama, LlamaModel } from 'node-llama-cpp';
import { messageOf, RouterError } from '../../shared/errors';
import { checkHeader } from './gguf-check';
import type { HostOptions } from './protocol';
import type { ModelFacts } from './runtime';

export type Library = typeof nodeLlamaCpp;

export interface LoadedFile {
  readonly library: Library;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly facts: ModelFacts;
}

export interface LoadEvents {
  readonly loading: (path: string, sha256: string, bytes: number) => void;
  readonly loaded: () => void;
}

export interface Loader {
  /** Resolves when the native side has started, or failed to. */
  readonly opened: Promise<unknown>;
  /** `room` is asked before anything is loaded and throws when there is none. `then` is part of the loading. */
  load<T>(path: string, room: (fileBytes: number) => void | Promise<void>, then: (file: LoadedFile) => Promise<T>): Promise<T>;
}

export function createLoader(options: HostOptions, events: LoadEvents): Loader {
  const opening = openLibrary(options);
  const opened = opening.catch(() => undefined);
  let last: Promise<unknown> = Promise.resolve();
  return {
    opened,
    load: (path, room, then) => {
      const loading = last.then(async () => loadFile({ path, room, then, options, events, ...(await opening) }));
      last = loading.catch(() => undefined);
      return loading;
    },
  };
}

/** What the native side said first of what went wrong: its exceptions only say "Failed to load model". */
let firstNativeWord = '';

async function openLibrary(options: HostOptions): Promise<{ library: Library; llama: Llama }> {
  const library = await import('node-llama-cpp');
  const gpu = options.gpu === 'cpu' ? false : options.gpu;
  try {
    const llama = await library.getLlama({
      build: 'never',
      skipDownload: true,
      gpu,
      maxThreads: options.threads,
      logLevel: library.LlamaLogLevel.error,
      logger: (_, message) => {
        firstNativeWord ||= message.trim();
      },
    });
    return { library, llama };
  } catch (error) {
    throw new RouterError('runtime', `The GGUF runtime does not start (gpu: ${options.gpu}): ${messageOf(error)}`, {
      cause: error,
    });
  }
}

interface Load<T> {
  readonly path: string;
  readonly room: (fileBytes: number) => void | Promise<void>;
  readonly then: (file: LoadedFile) => Promise<T>;
  readonly library: Library;
  readonly llama: Llama;
  readonly options: HostOptions;
  readonly events: LoadEvents;
}

async function loadFile<T>({ path, room, then, library, llama, options, events }: Load<T>): Promise<T> {
  const { size } = await statFile(path);
  await checkMagic(path);
  const sha256 = await hashFile(path);
  events.loading(path, sha256, size);
  try {
    if (options.quarantined.includes(sha256)) {
      throw new RouterError('bad_file', 'This file crashed the runtime before and is set aside.');
    }
    await room(size);
    const info = await readHeader(library, path, size);
    const model = await nativeStep(() =>
      llama.loadModel({ modelPath: path, checkTensors: true, useMmap: true, ignoreMemorySafetyChecks: false }),
    );
    try {
      return await then({ library, llama, model, facts: factsOf({ model, info, size, sha256, llama }) });
    } catch (error) {
      await model.dispose();
      throw error;
    }
  } finally {
    events.loaded();
  }
}

async function statFile(path: string): Promise<{ size: number }> {
  try {
    return await stat(path);
  } catch (error) {
    throw new RouterError('bad_file', `There is no readable file at ${path}.`, { cause: error });
  }
}

async function checkMagic(path: string): Promise<void> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(8);
    const { bytesRead } = await file.read(head, 0, 8, 0);
    if (bytesRead < 8 || head.toString('latin1', 0, 4) !== 'GGUF') {
      throw new RouterError('bad_file', 'The file is not a GGUF file.');
    }
    const version = head.readUInt32LE(4);
    if (version < 2 || version > 3) throw new RouterError('bad_file', `GGUF version ${version} is not known.`);
  } finally {
    await file.close();
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What a loaded file takes, in bytes. */
export function weightOf(fileBytes: number): number {
  return fileBytes * 1.2 + 64 * 2 ** 20;
}

export function tooLarge(neededBytes: number, limitBytes: number): RouterError {
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  return new RouterError(
    'runtime',
    `The model needs about ${gib(neededBytes)} GiB of memory and ${gib(limitBytes)} GiB may be used. ` +
      'Choose a smaller model or raise fairlead.runtime.memoryLimitMb.',
  );
}

async function readHeader(library: Library, path: string, fileBytes: number): Promise<GgufFileInfo> {
  let info: GgufFileInfo;
  try {
    info = await library.readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false, spliceSplitFiles: false });
  } catch (error) {
    throw new RouterError('bad_file', `The file's header cannot be read: ${messageOf(error)}`, { cause: error });
  }
  checkHeader(headerFacts(info, fileBytes));
  return info;
}

function headerFacts(info: GgufFileInfo, fileBytes: number): Parameters<typeof checkHeader>[0] {
  const metadata = info.metadata as unknown as Record<string, Record<string, unknown> | undefined>;
  const architecture = readText(metadata['general']?.['architecture']);
  const own = metadata[architecture] ?? {};
  const attention = (own['attention'] ?? {}) as Record<string, unknown>;
  const tokenizer = (metadata['tokenizer']?.['ggml'] ?? {}) as Record<string, unknown>;
  const tokens = tokenizer['tokens'];
  return {
    architecture,
    blockCount: readNumber(own['block_count']),
    embeddingLength: readNumber(own['embedding_length']),
    feedForwardLength: readNumber(own['feed_forward_length']),
    headCount: readNumber(attention['head_count']),
    contextLength: readNumber(own['context_length']),
    poolingType: readNumber(own['pooling_type']),
    vocabularySize: Array.isArray(tokens) ? tokens.length : undefined,
    fileBytes,
    dataStart: info.infoEndOffset,
    tensors: (info.tensorInfo ?? []).map((tensor) => ({
      name: tensor.name,
      dimensions: tensor.dimensions.map(Number),
      offset: Number(tensor.offset),
    })),
  };
}

const readText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Per-layer lists (some architectures) count by their largest entry. */
function readNumber(value: unknown): number | undefined {
  if (Array.isArray(value)) return Math.max(...value.map(Number));
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

export async function nativeStep<T>(step: () => Promise<T>): Promise<T> {
  firstNativeWord = '';
  try {
    return await step();
  } catch (error) {
    const what = firstNativeWord === '' ? messageOf(error) : `${messageOf(error)} (${firstNativeWord})`;
    const code = /insufficient|memory|vram/iu.test(error instanceof Error ? error.name : '') ? 'runtime' : 'bad_file';
    throw new RouterError(code, `The model cannot be loaded: ${what}`, { cause: error });
  }
}

interface FactSources {
  readonly model: LlamaModel;
  readonly info: GgufFileInfo;
  readonly size: number;
  readonly sha256: string;
  readonly llama: Llama;
}

function factsOf({ model, info, size, sha256, llama }: FactSources): ModelFacts {
  const header = headerFacts(info, size);
  return {
    architecture: header.architecture,
    trainContextTokens: model.trainContextSize,
    embeddingSize: model.embeddingVectorSize,
    layers: header.blockCount ?? 0,
    hasChatTemplate: model.fileInfo.metadata.tokenizer.chat_template !== undefined,
    bytes: size,
    device: llama.gpu === false ? 'cpu' : llama.gpu,
    sha256,
  };
}
