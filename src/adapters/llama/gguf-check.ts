// Refuses files that the native loader would crash or hang on. Runs in the child, on the header alone.
import { RouterError } from '../../shared/errors';

export interface HeaderFacts {
  readonly architecture: string;
  readonly blockCount: number | undefined;
  readonly embeddingLength: number | undefined;
  readonly feedForwardLength: number | undefined;
  readonly headCount: number | undefined;
  readonly contextLength: number | undefined;
  readonly poolingType: number | undefined;
  readonly vocabularySize: number | undefined;
  readonly fileBytes: number;
  readonly dataStart: number | undefined;
  readonly tensors: readonly { readonly name: string; readonly dimensions: readonly number[]; readonly offset: number }[];
}

interface Bound {
  readonly what: string;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
}

/** Throws RouterError `bad_file` naming what is wrong; the bounds are far beyond any real model. */
export function checkHeader(header: HeaderFacts): void {
  if (header.architecture === '') throw bad('it names no architecture');
  for (const bound of bounds(header)) checkBound(bound);
  const { embeddingLength, headCount } = header;
  if (embeddingLength !== undefined && headCount !== undefined && headCount > embeddingLength) {
    throw bad(`${headCount} attention heads do not fit ${embeddingLength} dimensions`);
  }
  checkTensors(header);
}

function bounds(header: HeaderFacts): Bound[] {
  return [
    { what: 'block count', value: header.blockCount, min: 1, max: 1024, required: true },
    { what: 'embedding length', value: header.embeddingLength, min: 1, max: 131_072, required: true },
    { what: 'feed-forward length', value: header.feedForwardLength, min: 1, max: 1_048_576, required: false },
    { what: 'attention head count', value: header.headCount, min: 1, max: 4096, required: true },
    { what: 'context length', value: header.contextLength, min: 1, max: 268_435_456, required: false },
    { what: 'pooling type', value: header.poolingType, min: 0, max: 4, required: false },
    { what: 'vocabulary size', value: header.vocabularySize, min: 1, max: 2_000_000, required: true },
  ];
}

function checkBound({ what, value, min, max, required }: Bound): void {
  if (value === undefined) {
    if (required) throw bad(`its ${what} is missing`);
    return;
  }
  if (!Number.isFinite(value) || value < min || value > max) throw bad(`its ${what} is ${value}`);
}

function checkTensors(header: HeaderFacts): void {
  if (header.tensors.length === 0) throw bad('it holds no tensors');
  const names = new Set<string>();
  for (const tensor of header.tensors) {
    if (names.has(tensor.name)) throw bad(`the tensor ${tensor.name} is there twice`);
    names.add(tensor.name);
    checkTensor(tensor, header);
  }
  const embedding = header.tensors.find(({ name }) => name === 'token_embd.weight');
  if (!embedding) throw bad('it has no token embeddings');
  if (embedding.dimensions[0] !== header.embeddingLength) {
    throw bad('its token embeddings do not fit its embedding length');
  }
}

function checkTensor({ name, dimensions, offset }: HeaderFacts['tensors'][number], header: HeaderFacts): void {
  if (dimensions.length === 0 || dimensions.length > 4 || dimensions.some((size) => !(size >= 1))) {
    throw bad(`the tensor ${name} has a bad shape`);
  }
  // Eight elements a byte is less than any quantisation needs, so this bound never refuses a sound file.
  const bytes = dimensions.reduce((product, size) => product * size, 1) / 8;
  if ((header.dataStart ?? 0) + offset + bytes > header.fileBytes) throw bad('it ends before its tensors do');
}

function bad(what: string): RouterError {
  return new RouterError('bad_file', `The file is damaged or not a model this runtime knows: ${what}.`);
}
